/* Unpacking a recording: see record/packed.h. Nothing in it is trusted. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "record/packed.h"

enum { PAGE = 4096 };

/* ---- Numbers ---- */

static bool get_varint(cti_get *get, uint64_t *ret_number) {
    uint64_t number = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        uint8_t byte;
        if (!cti_get_byte(get, &byte) || (shift == 63 && byte > 1)) {
            return false;
        }
        number |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *ret_number = number;
            return true;
        }
    }
    return false;
}

static bool get_low(cti_get *get, unsigned width, uint64_t *ret_number) {
    uint64_t number = 0;
    if (width > 8 || (size_t)(get->end - get->at) < width) {
        return false;
    }
    for (unsigned i = 0; i < width; i++) {
        number |= (uint64_t)*get->at++ << 8 * i;
    }
    *ret_number = number;
    return true;
}

static int64_t extend(uint64_t number, unsigned width) {
    const bool negative = width > 0 && (number >> (8 * width - 1) & 1) != 0;
    const uint64_t whole = negative && width < 8 ? number | UINT64_MAX << 8 * width : number;
    int64_t extended;
    memcpy(&extended, &whole, sizeof extended);
    return extended;
}

/* ---- Values ---- */

static bool get_old_text(const cti_packed_sorts *sorts, uint64_t number, ctrace_value *value) {
    if (number >= CTI_PACKED_TEXTS || sorts->texts[number].size == 0) {
        return false;
    }
    value->as.string = (const char *)sorts->bytes + sorts->texts[number].at;
    value->size = (uint32_t)sorts->texts[number].size;
    return true;
}

static bool get_new_text(cti_get *get, cti_packed_sorts *sorts, uint64_t size,
                         ctrace_value *value) {
    if (size > (uint64_t)(get->end - get->at) || size > CTI_RECORD_LONGEST) {
        return false;
    }
    const size_t place = cti_packed_place(get->at, (size_t)size);
    if (place != CTI_PACKED_TEXTS) {
        sorts->texts[place] = (cti_packed_text){(size_t)(get->at - sorts->bytes), (size_t)size};
    }
    value->as.string = (const char *)get->at;
    value->size = (uint32_t)size;
    get->at += size;
    return true;
}

static bool get_text(cti_get *get, cti_packed_sorts *sorts, unsigned width, ctrace_value *value) {
    uint64_t code;
    if (width == 0) {
        value->as.string = NULL;
        return true;
    }
    if (width != 1 || !get_varint(get, &code)) {
        return false;
    }
    return code % 2 != 0 ? get_old_text(sorts, code / 2, value)
                         : get_new_text(get, sorts, code / 2, value);
}

static bool get_number(cti_get *get, unsigned width, ctrace_value *value) {
    uint64_t number;
    if (!get_low(get, width, &number)) {
        return false;
    }
    switch (value->kind) {
    case CTRACE_VALUE_I64:
    case CTRACE_VALUE_NS:
    case CTRACE_VALUE_ERRNO:
        value->as.i64 = extend(number, width);
        return true;
    case CTRACE_VALUE_F64:
        number = width == 0 ? 0 : number << (64 - 8 * width);
        memcpy(&value->as.f64, &number, sizeof number);
        return true;
    case CTRACE_VALUE_POINTER:
        value->as.pointer = (const void *)(uintptr_t)number;
        return number <= UINTPTR_MAX;
    default:
        value->as.u64 = number;
        return true;
    }
}

static bool get_value(cti_get *get, cti_packed_sorts *sorts, uint8_t shape, ctrace_value *value) {
    const unsigned width = shape >> CTI_RECORD_VALUE_WIDTH_SHIFT;
    memset(value, 0, sizeof *value);
    value->kind = shape & CTI_RECORD_VALUE_KIND;
    switch (value->kind) {
    case CTRACE_VALUE_EMPTY:
        return width == 0;
    case CTRACE_VALUE_BOOL:
        value->as.boolean = width == 1;
        return width <= 1;
    case CTRACE_VALUE_STRING:
    case CTRACE_VALUE_BYTES:
        return get_text(get, sorts, width, value);
    default:
        return value->kind < CTRACE_VALUE_LAZY && get_number(get, width, value);
    }
}

static bool get_shape(cti_get *get, cti_packed_sort *sort) {
    uint8_t count;
    if (!cti_get_byte(get, &count) || count > CTI_RECORD_VALUES || get->end - get->at < count) {
        return false;
    }
    sort->count = count;
    memcpy(sort->shape, get->at, count);
    get->at += count;
    return true;
}

/* ---- Records ---- */

/* The words before the values, and those. */
static bool get_parts(cti_get *get, cti_packed_sorts *sorts, cti_packed_sort *sort, bool changed,
                      size_t words, ctrace_value *values) {
    if ((size_t)(get->end - get->at) < words) {
        return false;
    }
    get->at += words;
    if (changed && !get_shape(get, sort)) {
        return false;
    }
    for (unsigned i = 0; i < sort->count; i++) {
        if (!get_value(get, sorts, sort->shape[i], &values[i])) {
            return false;
        }
    }
    return true;
}

static bool put_values(cti_get *get, cti_packed_sorts *sorts, cti_packed_sort *sort, bool changed,
                       cti_lane *lane, uint64_t time) {
    ctrace_value values[CTI_RECORD_VALUES];
    const uint32_t kind = sort->kind & ~(uint32_t)CTI_PACKED_VALUES;
    const size_t words = 8 * (size_t)cti_packed_words(kind);
    const unsigned char *before = get->at;
    cti_put put;
    if (!get_parts(get, sorts, sort, changed, words, values)) {
        return false;
    }
    const size_t size = cti_put_size(CTI_RECORD_HEADER + words, values, sort->count);
    if (!cti_lane_begin(lane, &put, size, sort->subject, time)) {
        return false;
    }
    memcpy(put.at, before, words);
    put.at += words;
    if (!cti_put_values(&put, values, sort->count)) {
        return false;
    }
    cti_lane_commit(lane, &put, (cti_record_kind)kind, time);
    return true;
}

static bool put_bytes(cti_get *get, const cti_packed_sort *sort, cti_lane *lane, uint64_t time) {
    uint64_t size;
    cti_put put;
    if (!get_varint(get, &size) || size > (uint64_t)(get->end - get->at) ||
        !cti_lane_begin(lane, &put, CTI_RECORD_HEADER + (size_t)size, sort->subject, time)) {
        return false;
    }
    memcpy(put.at, get->at, (size_t)size);
    put.at += size;
    get->at += size;
    cti_lane_commit(lane, &put, (cti_record_kind)sort->kind, time);
    return true;
}

static bool is_kind(uint64_t kind) {
    const uint64_t record = kind & ~(uint64_t)CTI_PACKED_VALUES;
    return record > CTI_RECORD_TIME && record < 1u << CTI_RECORD_KIND_BITS &&
           (record == kind || cti_packed_words((uint32_t)record) >= 0);
}

static cti_packed_sort *get_sort(cti_get *get, cti_packed_sorts *sorts, uint64_t number) {
    uint64_t kind, subject;
    if (number != 0) {
        return number <= sorts->count ? &sorts->sorts[number - 1] : NULL;
    }
    if (!get_varint(get, &kind) || !get_varint(get, &subject) || !is_kind(kind) ||
        subject > UINT32_MAX) {
        return NULL;
    }
    if (sorts->count == CTI_PACKED_SORTS) {
        sorts->count = 0;
    }
    cti_packed_sort *sort = &sorts->sorts[sorts->count++];
    *sort = (cti_packed_sort){.kind = (uint32_t)kind, .subject = (uint32_t)subject};
    return sort;
}

static bool get_record(cti_get *get, cti_packed_sorts *sorts, cti_lane *lane, uint64_t *time) {
    uint64_t code, since;
    if (!get_varint(get, &code)) {
        return false;
    }
    cti_packed_sort *sort = get_sort(get, sorts, code / 2);
    if (sort == NULL || !get_varint(get, &since)) {
        return false;
    }
    *time += since;
    if ((sort->kind & CTI_PACKED_VALUES) == 0) {
        return put_bytes(get, sort, lane, *time);
    }
    return put_values(get, sorts, sort, code % 2 != 0, lane, *time);
}

/* ---- Blocks ---- */

/* An empty lane of an unpacked segment, which is not in ticks. */
static cti_lane open_lane(unsigned char *segment, unsigned number, size_t begin, size_t end,
                          uint64_t serial) {
    cti_file_store_extent(segment + CTI_FILE_EXTENTS_AT + 8 * (size_t)number, 0);
    return (cti_lane){.at = segment + begin,
                      .begin = segment + begin,
                      .limit = segment + end,
                      .extent = segment + CTI_FILE_EXTENTS_AT + 8 * (size_t)number,
                      .serial = serial,
                      .base = UINT64_MAX};
}

static void write_segment_header(unsigned char *segment, size_t segment_size,
                                 const unsigned char *block, size_t side) {
    cti_word_put32(segment, CTI_FILE_MARK);
    cti_word_put64(segment + 8, segment_size);
    cti_word_put64(segment + 16, cti_word_get64(block + 16));
    cti_word_put64(segment + 24, cti_word_get64(block + 24));
    cti_word_put64(segment + 32, side);
    cti_word_put32(segment + 4, cti_file_header_sum(segment + 8, CTI_FILE_MARKED - 8));
    memcpy(segment + CTI_FILE_COPY_AT, segment, CTI_FILE_MARKED);
}

static bool get_lane(cti_get get, cti_packed_sorts *sorts, cti_lane *lane) {
    uint64_t time = 0;
    while (get.at < get.end) {
        if (!get_record(&get, sorts, lane, &time)) {
            return false;
        }
    }
    return true;
}

const char *cti_unpack_block(const unsigned char *block, const unsigned char *packed, size_t size,
                             unsigned char *segment, size_t segment_size, cti_packed_sorts *sorts) {
    const uint64_t serial = cti_word_get64(block + 16);
    const size_t side = cti_word_get32(block + 32);
    const size_t own = cti_word_get32(block + 36);
    cti_packed_forget(sorts);
    sorts->bytes = packed;
    if (own > size || side < CTI_FILE_SEGMENT_HEADER || side > segment_size ||
        side % CTI_RECORD_ALIGN != 0) {
        return "the block's header cannot be";
    }
    write_segment_header(segment, segment_size, block, side);
    cti_lane lanes[] = {open_lane(segment, 0, CTI_FILE_SEGMENT_HEADER, side, serial),
                        open_lane(segment, 1, side, segment_size, serial)};
    const bool good = get_lane((cti_get){packed, packed + own}, sorts, &lanes[0]) &&
                      get_lane((cti_get){packed + own, packed + size}, sorts, &lanes[1]);
    return good ? NULL : "the block's records cannot be";
}

/* ---- The file ---- */

typedef struct unpacker {
    int from, to;
    void (*on_damage)(void *argument, uint64_t offset, const char *reason);
    void *argument;
    uint64_t at, size;   /* in the packed file */
    uint64_t written;    /* in the unpacked one */
    size_t segment_size; /* 0: not known */
    unsigned char *segment, *packed;
    size_t room; /* of packed */
    cti_packed_sorts sorts;
    bool damaged;
} unpacker;

static void say(unpacker *u, uint64_t offset, const char *reason) {
    u->damaged = true;
    if (u->on_damage != NULL) {
        u->on_damage(u->argument, offset, reason);
    }
}

static bool read_at(int fd, uint64_t offset, unsigned char *bytes, size_t size) {
    while (size > 0) {
        const ssize_t got = pread(fd, bytes, size, (off_t)offset);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return false;
        }
        bytes += got;
        offset += (uint64_t)got;
        size -= (size_t)got;
    }
    return true;
}

static bool write_at(int fd, uint64_t offset, const unsigned char *bytes, size_t size) {
    while (size > 0) {
        const ssize_t put = pwrite(fd, bytes, size, (off_t)offset);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            return false;
        }
        bytes += put;
        offset += (uint64_t)put;
        size -= (size_t)put;
    }
    return true;
}

/* The header of the unpacked file, from that of the packed one. */
static bool begin(unpacker *u) {
    unsigned char packed[CTI_PACKED_HEADER];
    unsigned char header[PAGE] = {0};
    if (!read_at(u->from, 0, packed, sizeof packed) ||
        cti_word_get32(packed + 12) != cti_file_header_sum(packed + 16, CTI_PACKED_HEADER - 16) ||
        cti_word_get32(packed + 8) != CTI_PACKED_VERSION) {
        say(u, 0, "the packed recording's header is damaged, or of another version");
        return true;
    }
    const uint64_t size = cti_word_get64(packed + 16);
    if (size < PAGE || size > UINT32_MAX || size > SIZE_MAX / 4 || size % PAGE != 0) {
        say(u, 16, "the segments' size cannot be");
        return true;
    }
    u->segment_size = (size_t)size;
    memcpy(header, CTI_FILE_MAGIC, 8);
    cti_word_put32(header + 8, CTI_FILE_VERSION);
    memcpy(header + 16, packed + 16, 3 * 8);
    cti_word_put32(header + 12, cti_file_header_sum(header + 16, 32));
    cti_word_put32(header + CTI_FILE_ENDED_AT, cti_word_get64(packed + 40) == 1);
    u->at = CTI_PACKED_HEADER;
    u->written = CTI_FILE_HEADER;
    return write_at(u->to, 0, header, sizeof header);
}

static bool make_room(unpacker *u, size_t size) {
    if (u->segment == NULL) {
        u->segment = cti_alloc(u->segment_size);
        u->sorts.sorts = cti_alloc(CTI_PACKED_SORTS * sizeof(cti_packed_sort));
    }
    if (size > u->room) {
        unsigned char *larger = cti_resize(u->packed, size);
        u->packed = larger == NULL ? u->packed : larger;
        u->room = larger == NULL ? u->room : size;
    }
    const bool good = u->segment != NULL && u->sorts.sorts != NULL && size <= u->room;
    errno = good ? errno : ENOMEM;
    return good;
}

static bool is_block(const unsigned char *block) {
    return cti_word_get32(block) == CTI_PACKED_MARK &&
           cti_word_get32(block + 4) == cti_file_header_sum(block + 8, CTI_PACKED_BLOCK - 8);
}

/* From here to the next block, if there is one: headers are where a multiple of 8 is. */
static void pass_damage(unpacker *u) {
    unsigned char block[CTI_PACKED_BLOCK];
    say(u, u->at, "the block's header is damaged");
    do {
        u->at += 8;
    } while (read_at(u->from, u->at, block, sizeof block) && !is_block(block));
}

/* False when there is no memory, or it cannot be written. */
static bool unpack_block(unpacker *u, const unsigned char *block) {
    const size_t size = cti_word_get32(block + 8);
    const size_t padded = cti_record_padded(size);
    const uint64_t at = u->at;
    if (padded > u->size - at - CTI_PACKED_BLOCK) {
        say(u, at, "the file ends in the block");
        u->at = u->size;
        return true;
    }
    u->at += CTI_PACKED_BLOCK + padded;
    if (!make_room(u, padded + CTI_RECORD_ALIGN) ||
        !read_at(u->from, at + CTI_PACKED_BLOCK, u->packed, padded)) {
        return false;
    }
    if (cti_file_header_sum(u->packed, padded) != cti_word_get32(block + 12)) {
        say(u, at, "the block is damaged");
        return true;
    }
    memset(u->segment, 0, u->segment_size);
    const char *problem =
        cti_unpack_block(block, u->packed, size, u->segment, u->segment_size, &u->sorts);
    if (problem != NULL) {
        say(u, at, problem); /* what came before it is there */
    }
    if (!write_at(u->to, u->written, u->segment, u->segment_size)) {
        return false;
    }
    u->written += u->segment_size;
    return true;
}

static bool unpack_blocks(unpacker *u) {
    unsigned char block[CTI_PACKED_BLOCK];
    while (u->segment_size != 0 && u->at < u->size) {
        if (u->size - u->at < sizeof block || !read_at(u->from, u->at, block, sizeof block)) {
            say(u, u->at, "the file ends in a block's header");
            return true;
        }
        if (!is_block(block)) {
            pass_damage(u);
        } else if (!unpack_block(u, block)) {
            return false;
        }
    }
    return true;
}

/* A file without a name, gone when it is closed. */
static int open_nameless(void) {
    FILE *file = tmpfile();
    const int fd = file == NULL ? -1 : dup(fileno(file));
    if (file != NULL) {
        fclose(file);
    }
    return fd;
}

static bool is_packed(int fd) {
    unsigned char magic[8];
    return read_at(fd, 0, magic, sizeof magic) && memcmp(magic, CTI_PACKED_MAGIC, 8) == 0;
}

static int finish(unpacker *u, bool good) {
    const int error = errno;
    cti_free(u->segment);
    cti_free(u->packed);
    cti_free(u->sorts.sorts);
    close(u->from);
    if (!good && u->to >= 0) {
        close(u->to);
    }
    errno = error;
    return good ? u->to : -1;
}

int cti_unpack(int fd, void (*on_damage)(void *argument, uint64_t offset, const char *reason),
               void *argument, bool *ret_damaged) {
    unpacker u = {.from = fd, .on_damage = on_damage, .argument = argument};
    struct stat about;
    if (!is_packed(fd)) {
        *ret_damaged = false;
        return fd;
    }
    u.to = open_nameless();
    if (u.to < 0 || fstat(fd, &about) != 0) {
        return finish(&u, false);
    }
    u.size = about.st_size < 0 ? 0 : (uint64_t)about.st_size;
    const int unpacked = finish(&u, begin(&u) && unpack_blocks(&u));
    *ret_damaged = u.damaged;
    return unpacked;
}

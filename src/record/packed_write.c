/* Packing a recording: see record/packed.h. */
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"
#include "record/packed.h"

enum { CALLSITES_MOST = 1 << 20, PAGE = 4096 };

typedef struct packer {
    cti_view *view;
    bool (*write)(void *argument, const void *bytes, size_t size);
    void *argument;
    uint8_t *field_counts; /* of callsites, 255: unknown */
    size_t callsites;
    cti_packed_sorts sorts;
    ctrace_buf block; /* its header and packed lanes */
    unsigned char *segment;
    size_t segment_size; /* unpacked: somewhat larger, since times may need more */
} packer;

/* ---- Numbers ---- */

static void put_byte(ctrace_buf *buf, unsigned byte) {
    cti_buf_char(buf, (char)(unsigned char)byte);
}

static void put_varint(ctrace_buf *buf, uint64_t number) {
    for (; number >= 0x80; number >>= 7) {
        put_byte(buf, (unsigned)(number & 0x7f) | 0x80);
    }
    put_byte(buf, (unsigned)number);
}

static void put_low(ctrace_buf *buf, uint64_t number, unsigned width) {
    for (unsigned i = 0; i < width; i++) {
        put_byte(buf, (unsigned)(number >> 8 * i) & 0xff);
    }
}

/* How many bytes hold it, the highest bit being the sign; or not. */
static unsigned signed_width(int64_t number) {
    unsigned width = 0;
    while (width < 8 && (width == 0 ? number != 0
                                    : number < -((int64_t)1 << (8 * width - 1)) ||
                                          number > ((int64_t)1 << (8 * width - 1)) - 1)) {
        width++;
    }
    return width;
}

static unsigned unsigned_width(uint64_t number) {
    unsigned width = 0;
    while (width < 8 && number >> 8 * width != 0) {
        width++;
    }
    return width;
}

static uint64_t bits_of(double number) {
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    return bits;
}

static unsigned double_width(uint64_t bits) {
    unsigned width = 8;
    while (width > 0 && (bits & 0xff) == 0) {
        bits >>= 8;
        width--;
    }
    return width;
}

/* ---- Values ---- */

static unsigned width_of(const ctrace_value *value) {
    switch (value->kind) {
    case CTRACE_VALUE_BOOL:
        return value->as.boolean;
    case CTRACE_VALUE_I64:
    case CTRACE_VALUE_NS:
    case CTRACE_VALUE_ERRNO:
        return signed_width(value->as.i64);
    case CTRACE_VALUE_U64:
    case CTRACE_VALUE_HEX:
        return unsigned_width(value->as.u64);
    case CTRACE_VALUE_POINTER:
        return unsigned_width((uintptr_t)value->as.pointer);
    case CTRACE_VALUE_F64:
        return double_width(bits_of(value->as.f64));
    case CTRACE_VALUE_STRING:
    case CTRACE_VALUE_BYTES:
        return value->as.string != NULL;
    default:
        return 0;
    }
}

/* The text, or where it stood before. */
static void put_text(ctrace_buf *buf, cti_packed_sorts *sorts, const char *text, size_t size) {
    const size_t number = cti_packed_place((const unsigned char *)text, size);
    cti_packed_text *place = number == CTI_PACKED_TEXTS ? NULL : &sorts->texts[number];
    if (place != NULL && place->size == size && !buf->failed &&
        memcmp(buf->bytes + place->at, text, size) == 0) {
        put_varint(buf, 2 * number + 1);
        return;
    }
    put_varint(buf, 2 * (uint64_t)size);
    if (place != NULL) {
        *place = (cti_packed_text){buf->size, size};
    }
    cti_buf_put(buf, text, size);
}

static void put_value(ctrace_buf *buf, cti_packed_sorts *sorts, const ctrace_value *value,
                      unsigned width) {
    switch (value->kind) {
    case CTRACE_VALUE_I64:
    case CTRACE_VALUE_NS:
    case CTRACE_VALUE_ERRNO:
        put_low(buf, (uint64_t)value->as.i64, width);
        break;
    case CTRACE_VALUE_U64:
    case CTRACE_VALUE_HEX:
        put_low(buf, value->as.u64, width);
        break;
    case CTRACE_VALUE_POINTER:
        put_low(buf, (uintptr_t)value->as.pointer, width);
        break;
    case CTRACE_VALUE_F64:
        put_low(buf, width == 0 ? 0 : bits_of(value->as.f64) >> (64 - 8 * width), width);
        break;
    case CTRACE_VALUE_STRING:
    case CTRACE_VALUE_BYTES:
        if (width != 0) {
            put_text(buf, sorts, value->as.string, value->size);
        }
        break;
    default:
        break;
    }
}

/* Whether values that need `need` fit into `shape`, at no more than a byte wasted each: that costs
 * less than a new shape. */
static bool fits(uint8_t shape, uint32_t kind, unsigned need) {
    const unsigned width = shape >> CTI_RECORD_VALUE_WIDTH_SHIFT;
    const bool exact =
        kind == CTRACE_VALUE_BOOL || kind == CTRACE_VALUE_STRING || kind == CTRACE_VALUE_BYTES;
    return (shape & CTI_RECORD_VALUE_KIND) == kind &&
           (exact ? width == need : width >= need && width - need <= 1);
}

/* Takes over the shape that the values need; false when the one that there is will do. */
static bool change_shape(cti_packed_sort *sort, const ctrace_value *values, unsigned count) {
    bool same = sort->count == count;
    for (unsigned i = 0; i < count && same; i++) {
        same = fits(sort->shape[i], values[i].kind, width_of(&values[i]));
    }
    for (unsigned i = 0; i < count && !same; i++) {
        sort->shape[i] =
            (uint8_t)(values[i].kind | width_of(&values[i]) << CTI_RECORD_VALUE_WIDTH_SHIFT);
    }
    sort->count = (uint8_t)count;
    return !same;
}

static void put_values(ctrace_buf *buf, cti_packed_sorts *sorts, const cti_packed_sort *sort,
                       const ctrace_value *values, bool changed) {
    if (changed) {
        put_byte(buf, sort->count);
        cti_buf_put(buf, (const char *)sort->shape, sort->count);
    }
    for (unsigned i = 0; i < sort->count; i++) {
        put_value(buf, sorts, &values[i], sort->shape[i] >> CTI_RECORD_VALUE_WIDTH_SHIFT);
    }
}

/* ---- Records ---- */

static cti_packed_sort *sort_of(cti_packed_sorts *sorts, uint32_t kind, uint32_t subject,
                                size_t *ret_number) {
    for (size_t i = 0; i < sorts->count; i++) {
        if (sorts->sorts[i].kind == kind && sorts->sorts[i].subject == subject) {
            *ret_number = i + 1;
            return &sorts->sorts[i];
        }
    }
    *ret_number = 0;
    if (sorts->count == CTI_PACKED_SORTS) {
        sorts->count = 0; /* begin again: who unpacks does so, too */
    }
    cti_packed_sort *sort = &sorts->sorts[sorts->count++];
    *sort = (cti_packed_sort){.kind = kind, .subject = subject};
    return sort;
}

/* Its values; how many, or -1 when they are not to be had. */
static int read_values(const packer *p, const cti_record_head *head, cti_get rest,
                       ctrace_value *values) {
    const int words = cti_packed_words(head->kind);
    const unsigned known = head->subject < p->callsites ? p->field_counts[head->subject] : 255;
    const unsigned count = known + (head->kind == CTI_RECORD_EVENT_TEXT);
    if (words < 0 || count > CTI_RECORD_VALUES || rest.end - rest.at < 8 * words) {
        return -1;
    }
    rest.at += 8 * words;
    return cti_get_values(&rest, values, count) ? (int)count : -1;
}

static void put_record(packer *p, const cti_record_head *head, const cti_get *rest,
                       uint64_t since) {
    ctrace_value values[CTI_RECORD_VALUES];
    ctrace_buf *buf = &p->block;
    const int count = read_values(p, head, *rest, values);
    const uint32_t kind = head->kind | (count < 0 ? 0 : (unsigned)CTI_PACKED_VALUES);
    size_t number;
    cti_packed_sort *sort = sort_of(&p->sorts, kind, head->subject, &number);
    const bool changed = count >= 0 && change_shape(sort, values, (unsigned)count);
    put_varint(buf, 2 * number + changed);
    if (number == 0) {
        put_varint(buf, kind);
        put_varint(buf, head->subject);
    }
    put_varint(buf, since);
    if (count < 0) {
        put_varint(buf, (uint64_t)(rest->end - rest->at));
        cti_buf_put(buf, (const char *)rest->at, (size_t)(rest->end - rest->at));
    } else {
        cti_buf_put(buf, (const char *)rest->at, 8 * (size_t)cti_packed_words(head->kind));
        put_values(buf, &p->sorts, sort, values, changed);
    }
}

/* ---- Blocks ---- */

static void put_lane(packer *p, const cti_segment *segment, unsigned lane) {
    cti_cursor cursor = {.owner = segment->owner, .lane = lane, .serial = segment->serial};
    cti_record_head head;
    cti_get rest;
    uint64_t offset, last = 0;
    while (cti_view_peek(p->view, &cursor, &head, &rest, &offset) &&
           cursor.serial == segment->serial) {
        put_record(p, &head, &rest, head.time - last);
        last = head.time;
        cti_cursor_pass(&cursor, &head);
    }
    cti_cursor_release(&cursor);
}

/* Unpacked, times are nanoseconds, of which there are more than ticks on some machines: so that
 * their high bits change more often, and that must be told. */
static size_t unpacked_size(const cti_view *view, size_t size) {
    return view->in_ticks ? size + size / 4 : size;
}

static void write_block_header(unsigned char *block, const cti_segment *segment, size_t side,
                               size_t size, size_t own) {
    const size_t padded = cti_record_padded(size);
    cti_word_put32(block, CTI_PACKED_MARK);
    cti_word_put32(block + 8, (uint32_t)size);
    cti_word_put32(block + 12, cti_file_header_sum(block + CTI_PACKED_BLOCK, padded));
    cti_word_put64(block + 16, segment->serial);
    cti_word_put64(block + 24, segment->owner);
    cti_word_put32(block + 32, (uint32_t)cti_record_padded(side));
    cti_word_put32(block + 36, (uint32_t)own);
    cti_word_put32(block + 4, cti_file_header_sum(block + 8, CTI_PACKED_BLOCK - 8));
}

/* Unpacks it at once: what was packed must come out again. */
static bool check_block(packer *p, size_t size) {
    const unsigned char *block = (const unsigned char *)p->block.bytes;
    memset(p->segment, 0, p->segment_size);
    if (cti_unpack_block(block, block + CTI_PACKED_BLOCK, size, p->segment, p->segment_size,
                         &p->sorts) != NULL) {
        errno = ERANGE;
        return false;
    }
    return true;
}

static bool put_block(packer *p, const cti_segment *segment) {
    static const char zeros[CTI_PACKED_BLOCK];
    p->block.size = 0;
    cti_packed_forget(&p->sorts);
    cti_buf_put(&p->block, zeros, CTI_PACKED_BLOCK);
    put_lane(p, segment, CTI_FILE_OWN);
    const size_t own = p->block.size - CTI_PACKED_BLOCK;
    put_lane(p, segment, CTI_FILE_SIDE);
    const size_t size = p->block.size - CTI_PACKED_BLOCK;
    cti_buf_put(&p->block, zeros, cti_record_padded(size) - size);
    if (p->block.failed) {
        errno = ENOMEM;
        return false;
    }
    write_block_header((unsigned char *)p->block.bytes, segment,
                       unpacked_size(p->view, segment->side), size, own);
    return check_block(p, size) && p->write(p->argument, p->block.bytes, p->block.size);
}

/* ---- The file ---- */

static void note_callsite(packer *p, const cti_record_head *head, const cti_get *rest) {
    enum { FIELDS_AT = 6 };
    if (head->kind == CTI_RECORD_CALLSITE && head->subject < CALLSITES_MOST &&
        rest->end - rest->at >= FIELDS_AT + 2) {
        const unsigned count = rest->at[FIELDS_AT] | (unsigned)rest->at[FIELDS_AT + 1] << 8;
        p->field_counts[head->subject] = (uint8_t)(count < 255 ? count : 255);
    }
}

static bool read_callsites(packer *p) {
    p->field_counts = cti_alloc(CALLSITES_MOST);
    if (p->field_counts == NULL) {
        errno = ENOMEM;
        return false;
    }
    p->callsites = CALLSITES_MOST;
    memset(p->field_counts, 255, CALLSITES_MOST);
    for (unsigned lane = 0; lane < CTI_FILE_LANES; lane++) {
        cti_cursor cursor = {.owner = CTI_FILE_CALLSITES, .lane = lane};
        cti_record_head head;
        cti_get rest;
        uint64_t offset;
        while (cti_view_peek(p->view, &cursor, &head, &rest, &offset)) {
            note_callsite(p, &head, &rest);
            cti_cursor_pass(&cursor, &head);
        }
        cti_cursor_release(&cursor);
    }
    return true;
}

static bool write_header(const packer *p) {
    unsigned char header[CTI_PACKED_HEADER] = {0};
    memcpy(header, CTI_PACKED_MAGIC, 8);
    cti_word_put32(header + 8, CTI_PACKED_VERSION);
    cti_word_put64(header + 16, p->segment_size);
    cti_word_put64(header + 24, p->view->count);
    cti_word_put64(header + 32, p->view->process_id);
    cti_word_put64(header + 40, p->view->ended);
    cti_word_put32(header + 12, cti_file_header_sum(header + 16, CTI_PACKED_HEADER - 16));
    return p->write(p->argument, header, sizeof header);
}

static bool begin(packer *p) {
    const size_t size = unpacked_size(p->view, p->view->segment_size);
    p->segment_size = (size + PAGE - 1) & ~(size_t)(PAGE - 1);
    p->segment = cti_alloc(p->segment_size);
    p->sorts.sorts = cti_alloc(CTI_PACKED_SORTS * sizeof(cti_packed_sort));
    if (p->segment == NULL || p->sorts.sorts == NULL) {
        errno = ENOMEM;
        return false;
    }
    return read_callsites(p);
}

bool cti_pack(cti_view *view, bool (*write)(void *argument, const void *bytes, size_t size),
              void *argument) {
    packer p = {.view = view, .write = write, .argument = argument, .block = CTI_BUF_INIT};
    bool good = begin(&p) && write_header(&p);
    for (size_t i = 0; i < view->count && good; i++) {
        good = put_block(&p, &view->segments[i]);
    }
    cti_free(p.field_counts);
    cti_free(p.segment);
    cti_free(p.sorts.sorts);
    cti_buf_release(&p.block);
    return good;
}

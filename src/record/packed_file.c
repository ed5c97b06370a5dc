/* Unpacking a file, block by block: see record/packed.h. Nothing in it is trusted. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "record/packed.h"

enum { PAGE = 4096 };

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

/* What ticks are by the clock, from two pairs of both: see record/file.h. */
static void put_clock(unsigned char *clock, const unsigned char *samples) {
    const size_t size = 2 * (size_t)CTI_FILE_SAMPLE;
    cti_word_put32(clock, 1);
    cti_word_put32(clock + 4, cti_file_header_sum(samples, size));
    memcpy(clock + 8, samples, size);
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
    const uint64_t state = cti_word_get64(packed + 40);
    cti_word_put32(header + CTI_FILE_ENDED_AT, (state & CTI_PACKED_ENDED) != 0);
    if ((state & CTI_PACKED_TICKS) != 0) {
        put_clock(header + CTI_FILE_CLOCK_AT, packed + 48);
        put_clock(header + CTI_FILE_CLOCK_COPY_AT, packed + 48);
    }
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

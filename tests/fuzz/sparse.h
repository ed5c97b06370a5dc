/* Files that are zeros for the most part, in a form in which a fuzzer can do something with them:
 * again and again u16 words of 8 bytes that are zero, u16 words that follow, and those. */
#ifndef FUZZ_SPARSE_H
#define FUZZ_SPARSE_H

#include <string.h>

#include "record/word.h"

/* Unpacks into `room` bytes, which are zero, and returns how many there are then. */
static inline size_t sparse_expand(const unsigned char *data, size_t size, unsigned char *file,
                                   size_t room) {
    size_t at = 0;
    while (size >= 4) {
        const size_t zeros = ((size_t)data[0] | (size_t)data[1] << 8) * 8;
        const size_t words = ((size_t)data[2] | (size_t)data[3] << 8) * 8;
        const size_t here = words <= size - 4 ? words : size - 4;
        if (zeros > room - at || here > room - at - zeros) {
            break;
        }
        memcpy(file + at + zeros, data + 4, here);
        at += zeros + here;
        data += 4 + here;
        size -= 4 + here;
    }
    return at;
}

/* Where words that are zero, or are not, end; not after more than a u16 says. */
static inline size_t sparse_end(const unsigned char *file, size_t at, size_t size, int zeros) {
    const size_t last = at + 8 * (size_t)UINT16_MAX;
    while (at + 8 <= size && at < last && (cti_word_get64(file + at) == 0) == zeros) {
        at += 8;
    }
    return at;
}

/* Packs a file, of a size that is a multiple of 8; `packed` has room for twice as much. Returns how
 * many bytes that takes. */
static inline size_t sparse_pack(const unsigned char *file, size_t size, unsigned char *packed) {
    size_t used = 0;
    for (size_t at = 0; at < size;) {
        const size_t filled = sparse_end(file, at, size, 1);
        const size_t end = sparse_end(file, filled, size, 0);
        cti_word_put32(packed + used, (uint32_t)((filled - at) / 8 | (end - filled) / 8 << 16));
        memcpy(packed + used + 4, file + filled, end - filled);
        used += 4 + end - filled;
        at = end;
    }
    return used;
}

#endif

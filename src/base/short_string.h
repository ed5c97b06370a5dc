/* Strings of a few bytes, as most are: measured and copied at once, without a call. Each size has
 * code of its own, since a processor foretells the way through it better than it counts. */
#ifndef CTI_BASE_SHORT_STRING_H
#define CTI_BASE_SHORT_STRING_H

#include <stddef.h>
#include <string.h>

#include "base/inline.h"

enum { CTI_SHORT_STRING = 10 };

/* CASE(n) for each size that a short string may have: to find and copy one, in this order. */
#define CTI_SHORT_STRING_SIZES(CASE) \
    CASE(0) CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) CASE(8) CASE(9) CASE(10)

/* Copies a string, with its NUL, of CTI_SHORT_STRING bytes at most, and returns its size. What
 * returns is larger, and nothing was copied, when it is longer. */
static CTI_ALWAYS_INLINE size_t cti_short_string_copy(void *to, const char *from) {
#define CTI_CASE(size)                \
    if (from[size] == '\0') {         \
        memcpy(to, from, (size) + 1); \
        return size;                  \
    }
    CTI_SHORT_STRING_SIZES(CTI_CASE)
#undef CTI_CASE
    return CTI_SHORT_STRING + 1;
}

/* Copies `size` bytes, CTI_SHORT_STRING or a few more at most, where that is known already. */
static inline void cti_short_copy(void *to, const char *from, size_t size) {
    char *bytes = to;
    if (size >= 8) { /* the halves may overlap */
        memcpy(bytes, from, 8);
        memcpy(bytes + size - 8, from + size - 8, 8);
    } else if (size >= 4) {
        memcpy(bytes, from, 4);
        memcpy(bytes + size - 4, from + size - 4, 4);
    } else {
        for (size_t i = 0; i < size; i++) {
            bytes[i] = from[i];
        }
    }
}

#endif

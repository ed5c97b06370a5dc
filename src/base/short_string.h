/* Strings of a few bytes, as most are: measured and copied at once, without a call. Each size has
 * code of its own, since a processor foretells the way through it better than it counts. */
#ifndef CTI_BASE_SHORT_STRING_H
#define CTI_BASE_SHORT_STRING_H

#include <stddef.h>
#include <string.h>

#include "base/inline.h"

enum { CTI_SHORT_STRING = 10 };

/* In each of these COPY(n) is what copies n bytes. */
#define CTI_SHORT_STRING_UP_TO(last, COPY) \
    if (from[last] == '\0') {              \
        COPY((last) + 1);                  \
        return last;                       \
    }
#define CTI_SHORT_STRING_ALL(COPY)  \
    CTI_SHORT_STRING_UP_TO(0, COPY) \
    CTI_SHORT_STRING_UP_TO(1, COPY) \
    CTI_SHORT_STRING_UP_TO(2, COPY) \
    CTI_SHORT_STRING_UP_TO(3, COPY) \
    CTI_SHORT_STRING_UP_TO(4, COPY) \
    CTI_SHORT_STRING_UP_TO(5, COPY) \
    CTI_SHORT_STRING_UP_TO(6, COPY) \
    CTI_SHORT_STRING_UP_TO(7, COPY) \
    CTI_SHORT_STRING_UP_TO(8, COPY) \
    CTI_SHORT_STRING_UP_TO(9, COPY) \
    CTI_SHORT_STRING_UP_TO(10, COPY)

/* Copies a string, with its NUL, of CTI_SHORT_STRING bytes at most, and returns its size. What
 * returns is larger, and nothing was copied, when it is longer. */
static CTI_ALWAYS_INLINE size_t cti_short_string_copy(void *to, const char *from) {
#define CTI_COPY(size) memcpy(to, from, size)
    CTI_SHORT_STRING_ALL(CTI_COPY)
#undef CTI_COPY
    return CTI_SHORT_STRING + 1;
}

/* The same to two places. */
static CTI_ALWAYS_INLINE size_t cti_short_string_copy_twice(void *to, void *too, const char *from) {
#define CTI_COPY(size) (memcpy(to, from, size), memcpy(too, from, size))
    CTI_SHORT_STRING_ALL(CTI_COPY)
#undef CTI_COPY
    return CTI_SHORT_STRING + 1;
}

#undef CTI_SHORT_STRING_ALL
#undef CTI_SHORT_STRING_UP_TO

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

/* Strings of a few bytes, as most are: measured and copied at once, without a call. Each size has
 * code of its own, since a processor foretells the way through it better than it counts. */
#ifndef CTI_BASE_SHORT_STRING_H
#define CTI_BASE_SHORT_STRING_H

#include <stddef.h>
#include <string.h>

#include "base/inline.h"

enum { CTI_SHORT_STRING = 10 };

/* Copies a string, with its NUL, of CTI_SHORT_STRING bytes at most, and returns its size. What
 * returns is larger, and nothing was copied, when it is longer. */
static CTI_ALWAYS_INLINE size_t cti_short_string_copy(void *to, const char *from) {
    /* clang-format off */
    if (from[0] == '\0') { memcpy(to, from, 1); return 0; }
    if (from[1] == '\0') { memcpy(to, from, 2); return 1; }
    if (from[2] == '\0') { memcpy(to, from, 3); return 2; }
    if (from[3] == '\0') { memcpy(to, from, 4); return 3; }
    if (from[4] == '\0') { memcpy(to, from, 5); return 4; }
    if (from[5] == '\0') { memcpy(to, from, 6); return 5; }
    if (from[6] == '\0') { memcpy(to, from, 7); return 6; }
    if (from[7] == '\0') { memcpy(to, from, 8); return 7; }
    if (from[8] == '\0') { memcpy(to, from, 9); return 8; }
    if (from[9] == '\0') { memcpy(to, from, 10); return 9; }
    if (from[10] == '\0') { memcpy(to, from, 11); return 10; }
    /* clang-format on */
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

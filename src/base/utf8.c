#include "base/utf8.h"

#include <stdbool.h>

/* What may follow a lead byte: how many bytes, and the range of the first of them, which is where
 * overlong forms, surrogates and points past U+10FFFF show. (Unicode, table 3-7.) */
typedef struct continuation {
    unsigned count; /* 0: not a lead byte */
    unsigned char low, high;
} continuation;

static continuation tail_after(unsigned char lead) {
    if (lead >= 0xc2 && lead <= 0xdf) {
        return (continuation){1, 0x80, 0xbf};
    }
    if (lead >= 0xe0 && lead <= 0xef) {
        return (continuation){2, lead == 0xe0 ? 0xa0 : 0x80, lead == 0xed ? 0x9f : 0xbf};
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
        return (continuation){3, lead == 0xf0 ? 0x90 : 0x80, lead == 0xf4 ? 0x8f : 0xbf};
    }
    return (continuation){0, 0, 0};
}

static bool is_continuation(char byte) {
    return ((unsigned char)byte & 0xc0) == 0x80;
}

size_t cti_utf8_decode(const char *bytes, size_t size, uint32_t *ret_point) {
    unsigned char lead = (unsigned char)bytes[0];
    if (lead < 0x80) {
        *ret_point = lead;
        return 1;
    }
    continuation tail = tail_after(lead);
    uint32_t point = lead & (0x3fu >> tail.count);
    size_t length = 1;
    for (; length <= tail.count && length < size; length++) {
        unsigned char byte = (unsigned char)bytes[length];
        if (byte < tail.low || byte > tail.high) {
            break;
        }
        point = point << 6 | (byte & 0x3fu);
        tail.low = 0x80;
        tail.high = 0xbf;
    }
    bool whole = tail.count != 0 && length == tail.count + 1;
    *ret_point = whole ? point : UINT32_MAX;
    return length;
}

size_t cti_utf8_cut(const char *bytes, size_t size, size_t limit) {
    if (limit >= size) {
        return size;
    }
    size_t start = limit;
    while (start > 0 && limit - start < 3 && is_continuation(bytes[start])) {
        start--;
    }
    uint32_t point;
    size_t length = cti_utf8_decode(bytes + start, size - start, &point);
    return point != UINT32_MAX && start + length > limit ? start : limit;
}

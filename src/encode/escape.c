#include "encode/escape.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/utf8.h"

static const char hex_digits[] = "0123456789abcdef";

enum manner { QUOTED, BARE };

/* True when all eight bytes are printable ASCII and none is to be escaped. Each mark has the
 * highest bit of a byte set if that byte is: not ASCII; DEL; a backslash; a control or, since
 * flipping bit 1 moves it below the space, a quote. What a subtraction borrows comes from a byte
 * that is marked already, so the answer for the whole word is exact. */
static inline bool is_plain_word(uint64_t word, enum manner manner) {
    const uint64_t ones = UINT64_MAX / 255;
    uint64_t marks = word | (word + ones) | ((word ^ ones * '\\') - ones);
    marks |= manner == QUOTED ? (word ^ ones * 2) - ones * 0x21 : word - ones * 0x20;
    return (marks & ones * 0x80) == 0;
}

static bool is_plain(uint32_t point, enum manner manner) {
    return point >= 0x20 && point < 0x7f && point != '\\' && (point != '"' || manner == BARE);
}

static bool is_harmless(uint32_t point, enum manner manner) {
    if (point < 0xa0) {
        return is_plain(point, manner);
    }
    bool is_separator = point == 0x2028 || point == 0x2029;
    bool is_direction = point == 0x061c || point == 0x200e || point == 0x200f ||
                        (point >= 0x202a && point <= 0x202e) ||
                        (point >= 0x2066 && point <= 0x2069);
    return !is_separator && !is_direction && point != UINT32_MAX;
}

static inline bool copy_word(char *out, const char *bytes, enum manner manner) {
    uint64_t word;
    memcpy(&word, bytes, sizeof(word));
    memcpy(out, &word, sizeof(word));
    return is_plain_word(word, manner);
}

/* The same for 1 to 7 bytes, read as two halves or three bytes that may overlap. */
static inline bool copy_short(char *out, const char *bytes, size_t size, enum manner manner) {
    if (size >= 4) {
        uint32_t first, last;
        memcpy(&first, bytes, 4);
        memcpy(&last, bytes + size - 4, 4);
        memcpy(out, &first, 4);
        memcpy(out + size - 4, &last, 4);
        return is_plain_word((uint64_t)first << 32 | last, manner);
    }
    char three[8] = {bytes[0], bytes[size / 2], bytes[size - 1], ' ', ' ', ' ', ' ', ' '};
    out[0] = three[0];
    out[size / 2] = three[1];
    out[size - 1] = three[2];
    return copy_word(three, three, manner);
}

/* Copies plain bytes of 8 or more and returns how many, perhaps fewer than there are before the
 * first other one. The end is copied by a word that overlaps the one before. `out` has room for
 * `size`. */
static size_t copy_long(char *out, const char *bytes, size_t size, enum manner manner) {
    size_t last = size - 8;
    for (size_t at = 0; at < last; at += 8) {
        if (!copy_word(out + at, bytes + at, manner)) {
            return at;
        }
    }
    return copy_word(out + last, bytes + last, manner) ? size : last;
}

/* The same for any size. */
static inline size_t copy_plain(char *out, const char *bytes, size_t size, enum manner manner) {
    if (size < 8) {
        return size != 0 && copy_short(out, bytes, size, manner) ? size : 0;
    }
    return copy_long(out, bytes, size, manner);
}

static size_t harmless_size(const char *bytes, size_t size, enum manner manner) {
    size_t at = 0;
    while (at < size) {
        uint32_t point = (unsigned char)bytes[at];
        size_t length = point < 0x80 ? 1 : cti_utf8_decode(bytes + at, size - at, &point);
        if (!is_harmless(point, manner)) {
            break;
        }
        at += length;
    }
    return at;
}

/* The letter of a short escape sequence, or 0. */
static char short_escape(uint32_t point) {
    switch (point) {
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '"':
    case '\\':
        return (char)point;
    default:
        return 0;
    }
}

/* What is harmful lies in the first plane: four digits are enough. */
static void put_replacement(ctrace_buf *buf, uint32_t point) {
    char letter = short_escape(point);
    if (point == UINT32_MAX) {
        cti_buf_literal(buf, "\xef\xbf\xbd");
    } else if (letter != 0) {
        cti_buf_put(buf, (char[]){'\\', letter}, 2);
    } else {
        char text[6] = {'\\', 'u'};
        for (unsigned i = 0; i < 4; i++) {
            text[2 + i] = hex_digits[point >> (12 - 4 * i) & 15];
        }
        cti_buf_put(buf, text, sizeof(text));
    }
}

static void escape_rest(ctrace_buf *buf, const char *bytes, size_t size, enum manner manner) {
    while (size != 0) {
        size_t length = harmless_size(bytes, size, manner);
        cti_buf_put(buf, bytes, length);
        bytes += length;
        size -= length;
        if (size != 0) {
            uint32_t point;
            length = cti_utf8_decode(bytes, size, &point);
            put_replacement(buf, point);
            bytes += length;
            size -= length;
        }
    }
}

static inline void escape(ctrace_buf *buf, const char *bytes, size_t size, enum manner manner) {
    char *room = cti_buf_room(buf, size);
    if (room == NULL) {
        return;
    }
    size_t copied = copy_plain(room, bytes, size, manner);
    cti_buf_wrote(buf, copied);
    if (copied != size) {
        escape_rest(buf, bytes + copied, size - copied, manner);
    }
}

void cti_escape(ctrace_buf *buf, const char *bytes, size_t size) {
    escape(buf, bytes, size, QUOTED);
}

void cti_escape_bare(ctrace_buf *buf, const char *bytes, size_t size) {
    escape(buf, bytes, size, BARE);
}

bool cti_copy_if_plain(char *out, const char *bytes, size_t size) {
    if (size < 8) {
        return size == 0 || copy_short(out, bytes, size, QUOTED);
    }
    return copy_long(out, bytes, size, QUOTED) == size;
}

void cti_hex_bytes(ctrace_buf *buf, const void *bytes, size_t size) {
    const unsigned char *from = bytes;
    char *room = cti_buf_room(buf, size > SIZE_MAX / 2 ? SIZE_MAX : 2 * size);
    if (room == NULL) {
        return;
    }
    for (size_t i = 0; i < size; i++) {
        room[2 * i] = hex_digits[from[i] >> 4];
        room[2 * i + 1] = hex_digits[from[i] & 15];
    }
    cti_buf_wrote(buf, 2 * size);
}

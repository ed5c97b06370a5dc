#include "filter/complain.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

/* The last error has room for 255 bytes, and a terminal's line for 80 characters. */
enum { BEFORE = 36, AROUND = 60, TOKEN = 20, LINE_BYTES = 72 };

typedef struct line {
    char bytes[LINE_BYTES];
    size_t size;
} line;

static bool is_plain(const char *bytes, size_t size, uint32_t point) {
    return point != UINT32_MAX && point >= 0x20 && !(point >= 0x7F && point < 0xA0) && size != 0 &&
           bytes[0] != '\0';
}

/* Appends the character at `bytes`, a '?' for one that terminals must not see; returns its bytes.
 * Nothing is appended when it has no room. */
static size_t put_character(line *out, const char *bytes, size_t size) {
    uint32_t point;
    const size_t length = cti_utf8_decode(bytes, size, &point);
    const bool plain = is_plain(bytes, length, point);
    const size_t more = plain ? length : 1;
    if (out->size + more < sizeof out->bytes) {
        memcpy(out->bytes + out->size, plain ? bytes : cti_is_space(bytes[0]) ? " " : "?", more);
        out->size += more;
    }
    return length;
}

static void found(const cti_scan *scan, line *out) {
    size_t at = scan->error_at;
    const size_t begin = at;
    while (at < scan->size &&
           (at == begin || (cti_is_word(scan->text[at]) && cti_is_word(scan->text[begin])))) {
        if (at - begin >= TOKEN) {
            memcpy(out->bytes + out->size, "...", 3);
            out->size += 3;
            break;
        }
        at += put_character(out, scan->text + at, scan->size - at);
    }
}

/* The text around the error; returns the characters before it. */
static size_t excerpt(const cti_scan *scan, line *out) {
    size_t at = scan->error_at > BEFORE ? scan->error_at - BEFORE : 0;
    at = cti_utf8_cut(scan->text, scan->size, at);
    size_t columns = 0;
    const size_t end = scan->size - at > AROUND ? at + AROUND : scan->size;
    while (at < end) {
        columns += at < scan->error_at ? 1 : 0;
        at += put_character(out, scan->text + at, scan->size - at);
    }
    return columns;
}

void cti_scan_complaint(const cti_scan *scan, char out[CTI_COMPLAINT_MAX]) {
    line token = {{0}, 0}, around = {{0}, 0};
    found(scan, &token);
    const char *quote = "'";
    if (scan->error_at >= scan->size) {
        memcpy(token.bytes, "the end", 7);
        quote = "";
    }
    const size_t columns = excerpt(scan, &around);
    snprintf(out, CTI_COMPLAINT_MAX, "byte %zu: found %s%s%s, expected %s\n%s\n%*s^",
             scan->error_at, quote, token.bytes, quote, scan->expected, around.bytes, (int)columns,
             "");
}

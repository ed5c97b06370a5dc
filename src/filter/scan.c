#include "filter/scan.h"

#include <stdint.h>
#include <string.h>

bool cti_scan_expected(cti_scan *scan, size_t at, const char *expected) {
    if (scan->status == CTRACE_OK) {
        scan->status = CTRACE_EPARSE;
        scan->error_at = at;
        scan->expected = expected;
    }
    return false;
}

bool cti_scan_no_memory(cti_scan *scan) {
    if (scan->status == CTRACE_OK) {
        scan->status = CTRACE_ENOMEM;
    }
    return false;
}

static bool is_one_of(char c, const char *characters) {
    return c != '\0' && strchr(characters, c) != NULL;
}

bool cti_is_space(char c) {
    return is_one_of(c, " \t\n\r\v\f");
}

bool cti_is_word(char c) {
    return !cti_is_space(c) && !is_one_of(c, "[]{}=,<>!~\"");
}

bool cti_is_target(char c) {
    return !cti_is_space(c) && !is_one_of(c, "[=,\"");
}

bool cti_is_bare_regex(char c) {
    return !cti_is_space(c) && !is_one_of(c, ",}\"");
}

void cti_scan_space(cti_scan *scan) {
    while (scan->at < scan->size && cti_is_space(scan->text[scan->at])) {
        scan->at++;
    }
}

char cti_scan_peek(cti_scan *scan) {
    cti_scan_space(scan);
    return scan->at < scan->size ? scan->text[scan->at] : '\0';
}

bool cti_scan_accept(cti_scan *scan, char c) {
    if (cti_scan_peek(scan) != c) {
        return false;
    }
    scan->at++;
    return true;
}

size_t cti_scan_run(cti_scan *scan, bool (*belongs)(char c)) {
    cti_scan_space(scan);
    const size_t begin = scan->at;
    while (scan->at < scan->size && belongs(scan->text[scan->at])) {
        scan->at++;
    }
    return scan->at - begin;
}

/* ---- Quoted texts ---- */

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The four digits behind "\u". */
static bool scan_unit(cti_scan *scan, uint32_t *ret_unit) {
    uint32_t unit = 0;
    for (int i = 0; i < 4; i++, scan->at++) {
        const int digit = scan->at < scan->size ? hex_digit(scan->text[scan->at]) : -1;
        if (digit < 0) {
            return cti_scan_expected(scan, scan->at, "four hexadecimal digits after \\u");
        }
        unit = unit * 16 + (uint32_t)digit;
    }
    *ret_unit = unit;
    return true;
}

static void put_utf8(ctrace_buf *buf, uint32_t point) {
    if (point < 0x80) {
        cti_buf_char(buf, (char)point);
        return;
    }
    if (point < 0x800) {
        cti_buf_char(buf, (char)(0xC0 | point >> 6));
    } else {
        if (point < 0x10000) {
            cti_buf_char(buf, (char)(0xE0 | point >> 12));
        } else {
            cti_buf_char(buf, (char)(0xF0 | point >> 18));
            cti_buf_char(buf, (char)(0x80 | (point >> 12 & 0x3F)));
        }
        cti_buf_char(buf, (char)(0x80 | (point >> 6 & 0x3F)));
    }
    cti_buf_char(buf, (char)(0x80 | (point & 0x3F)));
}

static bool is_high_surrogate(uint32_t unit) {
    return unit >= 0xD800 && unit < 0xDC00;
}

static bool is_low_surrogate(uint32_t unit) {
    return unit >= 0xDC00 && unit < 0xE000;
}

/* What "\u" begins, perhaps a surrogate pair; `begin` is where its backslash is. */
static bool scan_code_point(cti_scan *scan, size_t begin, ctrace_buf *buf) {
    uint32_t point = 0;
    if (!scan_unit(scan, &point)) {
        return false;
    }
    if (is_high_surrogate(point) && scan->size - scan->at >= 2 &&
        memcmp(scan->text + scan->at, "\\u", 2) == 0) {
        uint32_t low = 0;
        scan->at += 2;
        if (!scan_unit(scan, &low)) {
            return false;
        }
        if (!is_low_surrogate(low)) {
            return cti_scan_expected(scan, begin, "a surrogate pair");
        }
        point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
    } else if (is_high_surrogate(point) || is_low_surrogate(point)) {
        return cti_scan_expected(scan, begin, "a surrogate pair");
    }
    put_utf8(buf, point);
    return true;
}

static bool scan_escape(cti_scan *scan, ctrace_buf *buf) {
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    const size_t begin = scan->at++;
    if (scan->at == scan->size) {
        return cti_scan_expected(scan, scan->at, "the rest of an escape");
    }
    const char letter = scan->text[scan->at++];
    if (letter == 'u') {
        return scan_code_point(scan, begin, buf);
    }
    const char *found = letter == '\0' ? NULL : strchr(letters, letter);
    if (found == NULL) {
        return cti_scan_expected(scan, begin, "an escape of JSON's");
    }
    cti_buf_char(buf, meanings[found - letters]);
    return true;
}

bool cti_scan_quoted(cti_scan *scan, ctrace_buf *ret_text) {
    ctrace_buf_clear(ret_text);
    scan->at++;
    while (scan->at < scan->size && scan->text[scan->at] != '"') {
        if (scan->text[scan->at] != '\\') {
            cti_buf_char(ret_text, scan->text[scan->at++]);
        } else if (!scan_escape(scan, ret_text)) {
            return false;
        }
    }
    if (scan->at == scan->size) {
        return cti_scan_expected(scan, scan->at, "a closing '\"'");
    }
    scan->at++;
    return ret_text->failed ? cti_scan_no_memory(scan) : true;
}

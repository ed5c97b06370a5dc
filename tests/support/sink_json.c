#include "support/sink_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"

enum { DEEPEST = 16, MOST_KEYS = 64 };

typedef struct reader {
    const char *at, *end;
} reader;

static bool take(reader *from, char c) {
    const bool there = from->at != from->end && *from->at == c;
    from->at += there;
    return there;
}

static bool take_word(reader *from, const char *word) {
    const size_t size = strlen(word);
    const bool there = (size_t)(from->end - from->at) >= size && memcmp(from->at, word, size) == 0;
    from->at += there ? size : 0;
    return there;
}

static bool take_digits(reader *from) {
    const char *begin = from->at;
    while (from->at != from->end && *from->at >= '0' && *from->at <= '9') {
        from->at++;
    }
    return from->at != begin;
}

static bool read_number(reader *from) {
    take(from, '-');
    if (!take(from, '0') && !take_digits(from)) {
        return false;
    }
    if (take(from, '.') && !take_digits(from)) {
        return false;
    }
    if (take(from, 'e') || take(from, 'E')) {
        if (!take(from, '+')) {
            take(from, '-');
        }
        return take_digits(from);
    }
    return true;
}

static bool read_escape(reader *from) {
    if (from->at == from->end) {
        return false;
    }
    const char c = *from->at++;
    if (c != 'u') {
        return strchr("\"\\/bfnrt", c) != NULL && c != '\0';
    }
    for (int i = 0; i < 4; i++, from->at++) {
        if (from->at == from->end || *from->at == '\0' ||
            strchr("0123456789abcdefABCDEF", *from->at) == NULL) {
            return false;
        }
    }
    return true;
}

static bool read_character(reader *from) {
    uint32_t point;
    const size_t size = cti_utf8_decode(from->at, (size_t)(from->end - from->at), &point);
    if (point == UINT32_MAX || point < 0x20) {
        return false;
    }
    from->at += size;
    return point != '\\' || read_escape(from);
}

static bool read_string(reader *from) {
    if (!take(from, '"')) {
        return false;
    }
    while (from->at != from->end && *from->at != '"') {
        if (!read_character(from)) {
            return false;
        }
    }
    return take(from, '"');
}

static bool read_value(reader *from, int depth);

static bool read_array(reader *from, int depth) {
    if (take(from, ']')) {
        return true;
    }
    do {
        if (!read_value(from, depth)) {
            return false;
        }
    } while (take(from, ','));
    return take(from, ']');
}

/* Keys are compared as they stand: our own output escapes equal characters equally. */
static bool read_key(reader *from, reader *keys, size_t count) {
    keys[count].at = from->at;
    if (!read_string(from)) {
        return false;
    }
    keys[count].end = from->at;
    const size_t size = (size_t)(keys[count].end - keys[count].at);
    for (size_t i = 0; i < count; i++) {
        if ((size_t)(keys[i].end - keys[i].at) == size &&
            memcmp(keys[i].at, keys[count].at, size) == 0) {
            from->at = keys[count].at;
            return false;
        }
    }
    return true;
}

static bool read_object(reader *from, int depth) {
    reader keys[MOST_KEYS];
    size_t count = 0;
    if (take(from, '}')) {
        return true;
    }
    do {
        if (count == MOST_KEYS || !read_key(from, keys, count++) || !take(from, ':') ||
            !read_value(from, depth)) {
            return false;
        }
    } while (take(from, ','));
    return take(from, '}');
}

static bool read_value(reader *from, int depth) {
    if (depth == DEEPEST) {
        return false;
    }
    if (take(from, '{')) {
        return read_object(from, depth + 1);
    }
    if (take(from, '[')) {
        return read_array(from, depth + 1);
    }
    return take_word(from, "true") || take_word(from, "false") || take_word(from, "null") ||
           read_string(from) || read_number(from);
}

bool sink_json_is_valid(const char *text, size_t size, size_t *ret_at) {
    reader from = {text, text + size};
    const bool valid = read_value(&from, 0) && from.at == from.end;
    *ret_at = (size_t)(from.at - text);
    return valid;
}

size_t sink_json_assert_lines(const char *text) {
    size_t lines = 0;
    while (*text != '\0') {
        const char *end = strchr(text, '\n');
        size_t at;
        assert_non_null(end);
        assert_int_equal(*text, '{');
        if (!sink_json_is_valid(text, (size_t)(end - text), &at)) {
            fail_msg("no JSON at byte %zu of %.*s", at, (int)(end - text), text);
        }
        text = end + 1;
        lines++;
    }
    return lines;
}

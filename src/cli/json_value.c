/* What the nodes say. */
#include <string.h>

#include "base/buf.h"
#include "cli/json.h"

/* ---- Walking ---- */

static const json_node *at_index(const json_doc *json, const json_node *parent, uint32_t index) {
    return index < parent->end ? &json->nodes[index] : NULL;
}

const json_node *json_first(const json_doc *json, const json_node *parent) {
    if (parent == NULL || parent->kind < JSON_ARRAY) {
        return NULL;
    }
    return at_index(json, parent, (uint32_t)(parent - json->nodes) + 1);
}

const json_node *json_next(const json_doc *json, const json_node *parent, const json_node *node) {
    return at_index(json, parent, node->end);
}

const json_node *json_member(const json_doc *json, const json_node *object, const char *key) {
    const json_node *found = NULL;
    if (object == NULL || object->kind != JSON_OBJECT) {
        return NULL;
    }
    for (const json_node *at = json_first(json, object); at != NULL;) {
        const json_node *value = json_next(json, object, at);
        found = json_is(json, at, key) ? value : found;
        at = json_next(json, object, value);
    }
    return found;
}

/* ---- Strings ---- */

bool json_is(const json_doc *json, const json_node *node, const char *text) {
    const size_t size = strlen(text);
    return node != NULL && node->kind == JSON_STRING && node->size == size &&
           memcmp(json->text + node->at, text, size) == 0;
}

static uint32_t digit(char c) {
    return (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

static uint32_t four_digits(const char *at) {
    return digit(at[0]) << 12 | digit(at[1]) << 8 | digit(at[2]) << 4 | digit(at[3]);
}

static void put_point(ctrace_buf *buf, uint32_t point) {
    if (point < 0x80) {
        cti_buf_char(buf, (char)point);
    } else if (point < 0x800) {
        cti_buf_char(buf, (char)(0xc0 | point >> 6));
        cti_buf_char(buf, (char)(0x80 | (point & 0x3f)));
    } else {
        if (point < 0x10000) {
            cti_buf_char(buf, (char)(0xe0 | point >> 12));
        } else {
            cti_buf_char(buf, (char)(0xf0 | point >> 18));
            cti_buf_char(buf, (char)(0x80 | (point >> 12 & 0x3f)));
        }
        cti_buf_char(buf, (char)(0x80 | (point >> 6 & 0x3f)));
        cti_buf_char(buf, (char)(0x80 | (point & 0x3f)));
    }
}

static bool is_high(uint32_t unit) {
    return unit >= 0xd800 && unit < 0xdc00;
}

static bool is_low(uint32_t unit) {
    return unit >= 0xdc00 && unit < 0xe000;
}

/* Appends what \uXXXX, or a pair of them, at `at` says; returns how long that is. */
static size_t put_unicode(ctrace_buf *buf, const char *at, size_t size) {
    const uint32_t unit = four_digits(at + 2);
    if (is_high(unit) && size >= 12 && at[6] == '\\' && at[7] == 'u' &&
        is_low(four_digits(at + 8))) {
        put_point(buf, 0x10000 + ((unit - 0xd800) << 10 | (four_digits(at + 8) - 0xdc00)));
        return 12;
    }
    put_point(buf, is_high(unit) || is_low(unit) ? 0xfffd : unit);
    return 6;
}

static char meaning_of(char escaped) {
    static const char names[] = "bfnrt", meanings[] = "\b\f\n\r\t";
    const char *name = strchr(names, escaped);
    return name == NULL ? escaped : meanings[name - names];
}

void json_put_string(ctrace_buf *buf, const json_doc *json, const json_node *string) {
    const char *at = json->text + string->at;
    const char *end = at + string->size;
    while (at < end) {
        const char *escape = memchr(at, '\\', (size_t)(end - at));
        const char *plain_end = escape == NULL ? end : escape;
        cti_buf_put(buf, at, (size_t)(plain_end - at));
        at = plain_end;
        if (at < end && at[1] == 'u') {
            at += put_unicode(buf, at, (size_t)(end - at));
        } else if (at < end) {
            cti_buf_char(buf, meaning_of(at[1]));
            at += 2;
        }
    }
}

/* ---- Numbers ---- */

bool json_u64(const json_doc *json, const json_node *node, uint64_t *ret_number) {
    uint64_t number = 0;
    if (node == NULL || node->size == 0 ||
        (node->kind != JSON_NUMBER && node->kind != JSON_STRING)) {
        return false;
    }
    for (const char *at = json->text + node->at; at < json->text + node->at + node->size; at++) {
        const uint64_t unit = (uint64_t)(*at - '0');
        if (*at < '0' || *at > '9' || number > (UINT64_MAX - unit) / 10) {
            return false;
        }
        number = number * 10 + unit;
    }
    *ret_number = number;
    return true;
}

bool json_hex(const json_doc *json, const json_node *node, uint64_t *ret_words, size_t words) {
    if (node == NULL || node->kind != JSON_STRING || node->size != 16 * words) {
        return false;
    }
    const char *at = json->text + node->at;
    if (strspn(at, "0123456789abcdefABCDEF") < node->size) {
        return false;
    }
    for (size_t i = 0; i < words; i++) {
        uint64_t word = 0;
        for (int k = 0; k < 16; k++) {
            word = word << 4 | digit(*at++);
        }
        ret_words[i] = word;
    }
    return true;
}

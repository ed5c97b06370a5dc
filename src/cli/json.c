#include "cli/json.h"

#include <string.h>

#include "base/memory.h"
#include "base/utf8.h"

typedef struct reader {
    json_doc *json;
    const char *text;
    size_t size;
    size_t at;
    unsigned depth;
    const char *problem;
} reader;

static bool fail(reader *r, const char *problem) {
    r->problem = problem;
    return false;
}

static int peek(const reader *r) {
    return r->at < r->size ? (unsigned char)r->text[r->at] : -1;
}

static bool take(reader *r, int c) {
    if (peek(r) != c) {
        return false;
    }
    r->at++;
    return true;
}

static void pass_space(reader *r) {
    while (peek(r) == ' ' || peek(r) == '\t' || peek(r) == '\n' || peek(r) == '\r') {
        r->at++;
    }
}

/* ---- Nodes ---- */

static bool grow(json_doc *json) {
    const size_t capacity = json->capacity == 0 ? 64 : 2 * json->capacity;
    json_node *nodes = cti_resize(json->nodes, capacity * sizeof *nodes);
    if (nodes == NULL) {
        return false;
    }
    json->nodes = nodes;
    json->capacity = capacity;
    return true;
}

/* Begins a node here; they may move, so its index is what lasts. */
static bool begin(reader *r, json_kind kind, size_t *ret_index) {
    json_doc *json = r->json;
    if (json->count == json->capacity && !grow(json)) {
        return fail(r, "there is no memory for this text");
    }
    *ret_index = json->count;
    json->nodes[json->count++] = (json_node){.at = (uint32_t)r->at, .kind = kind};
    return true;
}

static bool end(reader *r, size_t index, size_t at) {
    json_node *node = &r->json->nodes[index];
    node->size = (uint32_t)(at - node->at);
    node->end = (uint32_t)r->json->count;
    return true;
}

/* ---- Scalars ---- */

static bool read_word(reader *r, const char *word, json_kind kind) {
    const size_t size = strlen(word);
    size_t index;
    if (r->size - r->at < size || memcmp(r->text + r->at, word, size) != 0) {
        return fail(r, "this is no value");
    }
    if (!begin(r, kind, &index)) {
        return false;
    }
    r->at += size;
    return end(r, index, r->at);
}

static bool read_digits(reader *r) {
    const size_t first = r->at;
    while (peek(r) >= '0' && peek(r) <= '9') {
        r->at++;
    }
    return r->at != first || fail(r, "a digit is missing");
}

static bool read_number(reader *r) {
    size_t index;
    if (!begin(r, JSON_NUMBER, &index)) {
        return false;
    }
    take(r, '-');
    if (!take(r, '0') && !read_digits(r)) {
        return false;
    }
    if (take(r, '.') && !read_digits(r)) {
        return false;
    }
    if (take(r, 'e') || take(r, 'E')) {
        if (!take(r, '+')) {
            take(r, '-');
        }
        if (!read_digits(r)) {
            return false;
        }
    }
    return end(r, index, r->at);
}

static int hex_digit(int c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static bool read_escape(reader *r) {
    const int c = peek(r);
    r->at += c != -1;
    if (c != 'u') {
        return (c > 0 && strchr("\"\\/bfnrt", c) != NULL) || fail(r, "there is no such escape");
    }
    for (int i = 0; i < 4; i++, r->at++) {
        if (hex_digit(peek(r)) < 0) {
            return fail(r, "a hexadecimal digit is missing");
        }
    }
    return true;
}

static bool read_character(reader *r) {
    uint32_t point;
    const int c = peek(r);
    if (c < 0x20) {
        return fail(r, c < 0 ? "the text ends in a string" : "a control character in a string");
    }
    if (c < 0x80) {
        r->at++;
        return c != '\\' || read_escape(r);
    }
    const size_t size = cti_utf8_decode(r->text + r->at, r->size - r->at, &point);
    if (point == UINT32_MAX) {
        return fail(r, "this is no UTF-8");
    }
    r->at += size;
    return true;
}

static bool read_string(reader *r) {
    size_t index;
    if (!take(r, '"')) {
        return fail(r, "a string is missing");
    }
    if (!begin(r, JSON_STRING, &index)) {
        return false;
    }
    while (!take(r, '"')) {
        if (!read_character(r)) {
            return false;
        }
    }
    return end(r, index, r->at - 1);
}

/* ---- What holds others ---- */

static bool read_value(reader *r);

static bool read_member(reader *r) {
    pass_space(r);
    if (!read_string(r)) {
        return false;
    }
    pass_space(r);
    return take(r, ':') ? read_value(r) : fail(r, "a colon is missing");
}

static bool read_members(reader *r, json_kind kind, int close) {
    pass_space(r);
    if (take(r, close)) {
        return true;
    }
    do {
        if (!(kind == JSON_OBJECT ? read_member(r) : read_value(r))) {
            return false;
        }
        pass_space(r);
    } while (take(r, ','));
    return take(r, close) || fail(r, "a comma or a closing bracket is missing");
}

static bool read_compound(reader *r, json_kind kind, int close) {
    size_t index;
    if (r->depth == JSON_DEPTH) {
        return fail(r, "this is nested too deeply");
    }
    if (!begin(r, kind, &index)) {
        return false;
    }
    r->at++;
    r->depth++;
    if (!read_members(r, kind, close)) {
        return false;
    }
    r->depth--;
    return end(r, index, r->at);
}

static bool read_value(reader *r) {
    pass_space(r);
    switch (peek(r)) {
    case '{':
        return read_compound(r, JSON_OBJECT, '}');
    case '[':
        return read_compound(r, JSON_ARRAY, ']');
    case '"':
        return read_string(r);
    case 'n':
        return read_word(r, "null", JSON_NULL);
    case 't':
        return read_word(r, "true", JSON_TRUE);
    case 'f':
        return read_word(r, "false", JSON_FALSE);
    case -1:
        return fail(r, "the text ends too early");
    default:
        return peek(r) == '-' || (peek(r) >= '0' && peek(r) <= '9') ? read_number(r)
                                                                    : fail(r, "this is no value");
    }
}

const char *json_read(json_doc *json, const char *text, size_t size, size_t *reterr_at) {
    reader r = {.json = json, .text = text, .size = size};
    json->text = text;
    json->count = 0;
    if (size >= UINT32_MAX) {
        fail(&r, "the text is too long");
    } else if (read_value(&r)) {
        pass_space(&r);
        if (r.at != size) {
            fail(&r, "there is something behind the value");
        }
    }
    *reterr_at = r.at;
    return r.problem;
}

void json_release(json_doc *json) {
    cti_free(json->nodes);
    json->nodes = NULL;
    json->count = json->capacity = 0;
}

#include "context/baggage_header.h"

#include <string.h>

#include "base/percent.h"
#include "base/memory.h"
#include "base/utf8.h"

/* ---- The form ---- */

static bool is_space(char c) {
    return c == ' ' || c == '\t';
}

static bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool in_key(char c) {
    return is_alphanumeric(c) || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool in_value(char c) {
    return c > ' ' && c <= '~' && c != '"' && c != ',' && c != ';' && c != '\\';
}

bool cti_baggage_is_key(const char *key, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if (!in_key(key[i])) {
            return false;
        }
    }
    return size != 0;
}

static const char *skip(const char *at, const char *end, bool (*what)(char)) {
    while (at < end && what(*at)) {
        at++;
    }
    return at;
}

/* A key, and perhaps a value, with white space around each. Returns where it ends, at most at the
 * next semicolon; NULL when it is of another form. */
static const char *skip_pair(const char *at, const char *end, bool needs_value) {
    const char *key = skip(at, end, is_space);
    at = skip(key, end, in_key);
    if (at == key) {
        return NULL;
    }
    at = skip(at, end, is_space);
    if (at < end && *at == '=') {
        at = skip(skip(at + 1, end, is_space), end, in_value);
        return skip(at, end, is_space);
    }
    return needs_value ? NULL : at;
}

/* key=value, then properties, which may lack values. */
static bool is_member(const char *at, const char *end) {
    at = skip_pair(at, end, true);
    while (at != NULL && at < end && *at == ';') {
        at = skip_pair(at + 1, end, false);
    }
    return at == end;
}

/* ---- Lists ---- */

bool cti_baggage_put(ctrace_buf *list, uint32_t *count, const char *member, size_t size) {
    const size_t whole = list->size + (list->size != 0) + size;
    if (*count == CTI_BAGGAGE_MEMBERS || whole > CTI_BAGGAGE_BYTES) {
        return false;
    }
    if (list->size != 0) {
        cti_buf_char(list, ',');
    }
    cti_buf_put(list, member, size);
    *count += 1;
    return !list->failed;
}

/* White space is allowed between the parts only, so that all of it can go. */
static void put_bare(ctrace_buf *list, uint32_t *count, const char *at, const char *end) {
    char bare[CTI_BAGGAGE_BYTES];
    size_t size = 0;
    for (; at < end && size < sizeof bare; at++) {
        if (!is_space(*at)) {
            bare[size++] = *at;
        }
    }
    if (at == end) {
        cti_baggage_put(list, count, bare, size);
    }
}

void cti_baggage_put_header(ctrace_buf *list, uint32_t *count, const char *header) {
    for (;;) {
        const char *end = header + strcspn(header, ",");
        if (is_member(header, end)) {
            put_bare(list, count, header, end);
        }
        if (*end == '\0') {
            return;
        }
        header = end + 1;
    }
}

/* ---- Values ---- */

void cti_baggage_put_value(ctrace_buf *out, const char *value) {
    static const char digits[] = "0123456789ABCDEF";
    for (; *value != '\0'; value++) {
        if (in_value(*value) && *value != '%') {
            cti_buf_char(out, *value);
        } else {
            const unsigned byte = (unsigned char)*value;
            const char encoded[] = {'%', digits[byte >> 4], digits[byte & 15]};
            cti_buf_put(out, encoded, sizeof encoded);
        }
    }
}

/* What stands at `at`: a byte, encoded or not. A percent sign that encodes nothing stands for
 * itself: of that the specification says nothing. */
static size_t decode_byte(const char *at, const char *end, char *ret_byte) {
    if (cti_percent_get(at, (size_t)(end - at), ret_byte)) {
        return CTI_PERCENT_SIZE;
    }
    *ret_byte = *at;
    return 1;
}

/* Replaces what is not UTF-8, and NUL, which would end the text, by U+FFFD. `out` has room for as
 * many bytes as the encoded text: nothing grows, since what is replaced was encoded. */
static size_t make_whole(char *out, const char *bytes, size_t size) {
    char *to = out;
    for (size_t i = 0; i < size;) {
        uint32_t point;
        const size_t length = cti_utf8_decode(bytes + i, size - i, &point);
        const bool broken = point == UINT32_MAX || point == 0;
        memcpy(to, broken ? "\xEF\xBF\xBD" : bytes + i, broken ? 3 : length);
        to += broken ? 3 : length;
        i += length;
    }
    *to = '\0';
    return (size_t)(to - out);
}

/* Returns the size of the decoded text, without its NUL. */
static size_t decode(char *out, const char *at, const char *end) {
    char bytes[CTI_BAGGAGE_BYTES];
    size_t size = 0;
    while (at < end) {
        at += decode_byte(at, end, &bytes[size++]);
    }
    return make_whole(out, bytes, size);
}

/* ---- Baggage ---- */

/* Describes the member at `at` and decodes its value to `value`. Returns where the value ends. */
static char *add_member(cti_baggage *baggage, const char *at, const char *end, char *value) {
    cti_baggage_member *member = &baggage->members[baggage->count++];
    const char *equals = memchr(at, '=', (size_t)(end - at));
    const char *properties = memchr(at, ';', (size_t)(end - at));
    *member = (cti_baggage_member){at, value, (uint32_t)(end - at), (uint32_t)(equals - at)};
    return value + decode(value, equals + 1, properties == NULL ? end : properties) + 1;
}

cti_baggage *cti_baggage_new(const ctrace_buf *list, uint32_t count) {
    const size_t fixed = sizeof(cti_baggage) + count * sizeof(cti_baggage_member);
    cti_baggage *baggage = cti_alloc(fixed + 2 * (list->size + 1)); /* the list, and its values */
    if (baggage == NULL) {
        return NULL;
    }
    char *header = (char *)baggage + fixed;
    char *value = header + list->size + 1;
    memcpy(header, list->bytes, list->size);
    header[list->size] = '\0';
    *baggage = (cti_baggage){.references = 1, .header = header, .header_size = list->size};
    const char *at = header;
    while (baggage->count < count) {
        const char *end = at + strcspn(at, ",");
        value = add_member(baggage, at, end, value);
        at = end + 1;
    }
    return baggage;
}

#include "filter/compare.h"

#include <string.h>

#include "base/number.h"
#include "core/scratch.h"

/* ---- Texts ---- */

static cti_order compare_bytes(const char *one, size_t one_size, const char *other,
                               size_t other_size) {
    const size_t common = one_size < other_size ? one_size : other_size;
    const int order = common == 0 ? 0 : memcmp(one, other, common);
    if (order != 0) {
        return order < 0 ? CTI_LESS : CTI_GREATER;
    }
    return one_size < other_size ? CTI_LESS : one_size > other_size ? CTI_GREATER : CTI_EQUAL;
}

static void put_hex_digits(ctrace_buf *buf, const unsigned char *bytes, size_t size) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        cti_buf_char(buf, digits[bytes[i] >> 4]);
        cti_buf_char(buf, digits[bytes[i] & 15]);
    }
}

static void put_number(ctrace_buf *buf, const ctrace_value *value) {
    char text[CTI_DOUBLE_TEXT_MAX];
    size_t size = 0;
    switch (value->kind) {
    case CTRACE_VALUE_I64:
    case CTRACE_VALUE_ERRNO:
        size = cti_i64_text(text, value->as.i64);
        break;
    case CTRACE_VALUE_U64:
        size = cti_u64_text(text, value->as.u64);
        break;
    case CTRACE_VALUE_F64:
        size = cti_double_text(text, value->as.f64);
        break;
    case CTRACE_VALUE_NS:
        size = cti_duration_text(text, value->as.i64);
        break;
    case CTRACE_VALUE_HEX:
        size = cti_hex_text(text, value->as.u64);
        break;
    case CTRACE_VALUE_POINTER:
        size = cti_hex_text(text, (uintptr_t)value->as.pointer);
        break;
    default:
        break;
    }
    cti_buf_put(buf, text, size);
}

/* Appends what a value says as text: as sinks show it, but without quotes, and of an error number
 * the number alone. */
static void put_text(ctrace_buf *buf, const ctrace_value *value) {
    switch (value->kind) {
    case CTRACE_VALUE_STRING:
        cti_buf_put(buf, value->as.string, value->size);
        break;
    case CTRACE_VALUE_LAZY:
        value->as.lazy->function(buf, value->as.lazy->object);
        break;
    case CTRACE_VALUE_BYTES:
        put_hex_digits(buf, value->as.pointer, value->size);
        break;
    case CTRACE_VALUE_BOOL:
        ctrace_buf_put(buf, value->as.boolean ? "true" : "false", value->as.boolean ? 4 : 5);
        break;
    default:
        put_number(buf, value);
    }
}

/* Of strings, and of what is written out as one: lazy texts, and bytes as hexadecimal digits. */
static cti_order compare_as_text(const ctrace_value *value, const ctrace_value *text) {
    if (value->kind == CTRACE_VALUE_STRING) {
        return compare_bytes(value->as.string, value->size, text->as.string, text->size);
    }
    ctrace_buf *buf = cti_scratch_take();
    if (buf == NULL) {
        return CTI_UNORDERED;
    }
    put_text(buf, value);
    size_t size;
    const char *bytes = ctrace_buf_bytes(buf, &size);
    const cti_order order =
        bytes == NULL ? CTI_UNORDERED : compare_bytes(bytes, size, text->as.string, text->size);
    cti_scratch_give(buf);
    return order;
}

/* regexec() reads up to a NUL, so the text is copied; one that has a NUL inside does not match. */
static bool matches_regex(const regex_t *regex, const ctrace_value *value) {
    ctrace_buf *buf = cti_scratch_take();
    if (buf == NULL) {
        return false;
    }
    put_text(buf, value);
    size_t size;
    const char *bytes = ctrace_buf_bytes(buf, &size);
    regmatch_t whole = {0, 0};
    const bool matches = bytes != NULL && memchr(bytes, '\0', size) == NULL &&
                         regexec(regex, bytes, 1, &whole, 0) == 0 && whole.rm_so == 0 &&
                         (size_t)whole.rm_eo == size;
    cti_scratch_give(buf);
    return matches;
}

/* ---- Both ---- */

static bool is_text(const ctrace_value *value) {
    return value->kind == CTRACE_VALUE_STRING || value->kind == CTRACE_VALUE_LAZY ||
           value->kind == CTRACE_VALUE_BYTES;
}

static cti_order compare(const ctrace_value *value, const ctrace_value *with) {
    if (with->kind == CTRACE_VALUE_STRING) {
        return is_text(value) ? compare_as_text(value, with) : CTI_UNORDERED;
    }
    if (with->kind == CTRACE_VALUE_BOOL) {
        const bool same = value->kind == CTRACE_VALUE_BOOL && value->as.boolean == with->as.boolean;
        return same ? CTI_EQUAL : CTI_UNORDERED;
    }
    return cti_compare_numbers(value, with);
}

static bool order_passes(cti_comparison comparison, cti_order order) {
    switch (comparison) {
    case CTI_COMPARE_EQ:
        return order == CTI_EQUAL;
    case CTI_COMPARE_NE:
        return order != CTI_EQUAL;
    case CTI_COMPARE_LT:
        return order == CTI_LESS;
    case CTI_COMPARE_LE:
        return order == CTI_LESS || order == CTI_EQUAL;
    case CTI_COMPARE_GT:
        return order == CTI_GREATER;
    case CTI_COMPARE_GE:
        return order == CTI_GREATER || order == CTI_EQUAL;
    default:
        return false;
    }
}

static bool is_null(const ctrace_value *value) {
    return value->kind == CTRACE_VALUE_STRING && value->as.string == NULL;
}

bool cti_field_test_matches(const cti_field_test *test, const ctrace_value *value) {
    if (test->comparison == CTI_COMPARE_NONE) {
        return true;
    }
    if (value->kind == CTRACE_VALUE_EMPTY) {
        return false;
    }
    if (is_null(value)) {
        return test->comparison == CTI_COMPARE_NE; /* a NULL string is no text at all */
    }
    if (test->comparison == CTI_COMPARE_REGEX) {
        return matches_regex(test->regex, value);
    }
    return order_passes(test->comparison, compare(value, &test->value));
}

#include "filter/compare.h"

#include <string.h>

#include "base/number.h"
#include "core/scratch.h"

/* ---- Numbers ---- */

/* Durations, error numbers, addresses and what is shown in hexadecimal are the integers they hold;
 * a bool is no number. False when `value` is none; *ret_number is an I64, U64 or F64. */
static bool number_of(const ctrace_value *value, ctrace_value *ret_number) {
    *ret_number = *value;
    switch (value->kind) {
    case CTRACE_VALUE_I64:
    case CTRACE_VALUE_U64:
    case CTRACE_VALUE_F64:
        return true;
    case CTRACE_VALUE_NS:
    case CTRACE_VALUE_ERRNO:
        ret_number->kind = CTRACE_VALUE_I64;
        return true;
    case CTRACE_VALUE_HEX:
        ret_number->kind = CTRACE_VALUE_U64;
        return true;
    case CTRACE_VALUE_POINTER:
        ret_number->as.u64 = (uintptr_t)value->as.pointer;
        ret_number->kind = CTRACE_VALUE_U64;
        return true;
    default:
        return false;
    }
}

static cti_order reversed(cti_order order) {
    switch (order) {
    case CTI_LESS:
        return CTI_GREATER;
    case CTI_GREATER:
        return CTI_LESS;
    default:
        return order;
    }
}

static cti_order compare_doubles(double one, double other) {
    if (one < other) {
        return CTI_LESS;
    }
    if (one > other) {
        return CTI_GREATER;
    }
    return one == other ? CTI_EQUAL : CTI_UNORDERED;
}

static cti_order compare_magnitudes(uint64_t one, uint64_t other) {
    return one < other ? CTI_LESS : one > other ? CTI_GREATER : CTI_EQUAL;
}

/* An integer as sign and magnitude, so that both 64-bit kinds fit. */
typedef struct integer {
    bool negative;
    uint64_t magnitude;
} integer;

static integer integer_of(const ctrace_value *number) {
    if (number->kind == CTRACE_VALUE_I64 && number->as.i64 < 0) {
        return (integer){true, 0 - (uint64_t)number->as.i64};
    }
    return (integer){false, number->as.u64};
}

static cti_order compare_integers(integer one, integer other) {
    if (one.negative != other.negative) {
        return one.negative ? CTI_LESS : CTI_GREATER;
    }
    const cti_order order = compare_magnitudes(one.magnitude, other.magnitude);
    return one.negative ? reversed(order) : order;
}

/* Exact, where converting the integer to double would round it. */
static cti_order compare_integer_to_double(integer one, double other) {
    const double limit = 18446744073709551616.0; /* 2^64 */
    if (other != other) {
        return CTI_UNORDERED;
    }
    if (other >= limit) {
        return CTI_LESS;
    }
    if (other <= -limit) {
        return CTI_GREATER;
    }
    const double size = other < 0 ? -other : other;
    const integer whole = {other <= -1.0, (uint64_t)size};
    const cti_order order = compare_integers(one, whole);
    const bool fraction = size != (double)whole.magnitude;
    if (order != CTI_EQUAL || !fraction) {
        return order;
    }
    return other < 0 ? CTI_GREATER : CTI_LESS;
}

cti_order cti_compare_numbers(const ctrace_value *one, const ctrace_value *other) {
    ctrace_value a, b;
    if (!number_of(one, &a) || !number_of(other, &b)) {
        return CTI_UNORDERED;
    }
    if (a.kind == CTRACE_VALUE_F64 && b.kind == CTRACE_VALUE_F64) {
        return compare_doubles(a.as.f64, b.as.f64);
    }
    if (a.kind == CTRACE_VALUE_F64) {
        return reversed(compare_integer_to_double(integer_of(&b), a.as.f64));
    }
    if (b.kind == CTRACE_VALUE_F64) {
        return compare_integer_to_double(integer_of(&a), b.as.f64);
    }
    return compare_integers(integer_of(&a), integer_of(&b));
}

/* ---- Texts ---- */

static cti_order compare_bytes(const char *one, size_t one_size, const char *other,
                               size_t other_size) {
    const size_t common = one_size < other_size ? one_size : other_size;
    const int order = common == 0 ? 0 : memcmp(one, other, common);
    if (order != 0) {
        return order < 0 ? CTI_LESS : CTI_GREATER;
    }
    return compare_magnitudes(one_size, other_size);
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

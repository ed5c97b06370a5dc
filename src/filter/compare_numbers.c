#include "filter/compare.h"

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

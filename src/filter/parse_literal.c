#include <locale.h>
#include <stdlib.h>
#include <string.h>
#if defined(__APPLE__)
#include <xlocale.h>
#endif

#include "filter/parse.h"

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static size_t count_digits(const char *bytes, size_t size) {
    size_t count = 0;
    while (count < size && is_digit(bytes[count])) {
        count++;
    }
    return count;
}

static int digit_of(char c, unsigned base) {
    static const char digits[] = "0123456789abcdef";
    const char lower = c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c;
    const char *found = lower == '\0' ? NULL : strchr(digits, lower);
    return found != NULL && found < digits + base ? (int)(found - digits) : -1;
}

/* Digits only, and no more than 64 bits. */
static bool parse_magnitude(const char *bytes, size_t size, unsigned base, uint64_t *ret_value) {
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++) {
        const int digit = digit_of(bytes[i], base);
        if (digit < 0 || value > (UINT64_MAX - (unsigned)digit) / base) {
            return false;
        }
        value = value * base + (unsigned)digit;
    }
    *ret_value = value;
    return size != 0;
}

static bool parse_integer(const char *bytes, size_t size, ctrace_value *ret_value) {
    const bool negative = bytes[0] == '-';
    const size_t sign = negative || bytes[0] == '+' ? 1 : 0;
    const bool hex = size > sign + 2 && bytes[sign] == '0' && (bytes[sign + 1] | 0x20) == 'x';
    const size_t skip = sign + (hex ? 2 : 0);
    uint64_t magnitude;
    if (!parse_magnitude(bytes + skip, size - skip, hex ? 16 : 10, &magnitude) ||
        (negative && magnitude > (uint64_t)INT64_MAX + 1)) {
        return false;
    }
    *ret_value = (ctrace_value){.as = {.u64 = magnitude}, .kind = CTRACE_VALUE_U64};
    if (negative) {
        ret_value->as.i64 = magnitude == 0 ? 0 : -(int64_t)(magnitude - 1) - 1;
        ret_value->kind = CTRACE_VALUE_I64;
    }
    return true;
}

/* The bytes of "digits[.digits]" or ".digits" at the start. */
static size_t mantissa_size(const char *bytes, size_t size) {
    const size_t whole = count_digits(bytes, size);
    if (whole == size || bytes[whole] != '.') {
        return whole;
    }
    const size_t fraction = count_digits(bytes + whole + 1, size - whole - 1);
    return whole + fraction == 0 ? 0 : whole + 1 + fraction;
}

/* Decimal only: no hexadecimal floats, infinities or NaNs, which strtod() would read too. */
static bool is_float(const char *bytes, size_t size) {
    size_t at = bytes[0] == '-' || bytes[0] == '+' ? 1 : 0;
    const size_t mantissa = mantissa_size(bytes + at, size - at);
    at += mantissa;
    if (mantissa == 0 || at == size) {
        return mantissa != 0;
    }
    if ((bytes[at++] | 0x20) != 'e') {
        return false;
    }
    at += at < size && (bytes[at] == '-' || bytes[at] == '+') ? 1 : 0;
    return at < size && count_digits(bytes + at, size - at) == size - at;
}

/* strtod() in the C locale, whatever the program's decimal point is. */
static double c_double(const char *text) {
    locale_t c = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    if (c == (locale_t)0) {
        return strtod(text, NULL);
    }
    const locale_t before = uselocale(c);
    const double value = strtod(text, NULL);
    uselocale(before);
    freelocale(c);
    return value;
}

/* A longer one is a string: nobody means a number by it. */
enum { LONGEST_FLOAT = 127 };

static bool parse_float(const char *bytes, size_t size, ctrace_value *ret_value) {
    char text[LONGEST_FLOAT + 1];
    if (size > LONGEST_FLOAT || !is_float(bytes, size)) {
        return false;
    }
    memcpy(text, bytes, size);
    text[size] = '\0';
    *ret_value = (ctrace_value){.as = {.f64 = c_double(text)}, .kind = CTRACE_VALUE_F64};
    return true;
}

static bool parse_bool(const char *bytes, size_t size, ctrace_value *ret_value) {
    const bool yes = size == 4 && memcmp(bytes, "true", 4) == 0;
    if (!yes && !(size == 5 && memcmp(bytes, "false", 5) == 0)) {
        return false;
    }
    *ret_value = (ctrace_value){.as = {.boolean = yes}, .kind = CTRACE_VALUE_BOOL};
    return true;
}

bool cti_parse_literal(const char *bytes, size_t size, ctrace_value *ret_value) {
    return size != 0 &&
           (parse_bool(bytes, size, ret_value) || parse_integer(bytes, size, ret_value) ||
            parse_float(bytes, size, ret_value));
}

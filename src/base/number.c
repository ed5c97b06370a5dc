#include "base/number.h"

#include <string.h>

static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                            "25262728293031323334353637383940414243444546474849"
                            "50515253545556575859606162636465666768697071727374"
                            "75767778798081828384858687888990919293949596979899";

static const uint64_t powers_of_ten[] = {
    1,
    10,
    100,
    1000,
    10000,
    100000,
    1000000,
    10000000,
    100000000,
    1000000000,
    10000000000,
    100000000000,
    1000000000000,
    10000000000000,
    100000000000000,
    1000000000000000,
    10000000000000000,
    100000000000000000,
    1000000000000000000,
    10000000000000000000u,
};

/* `value` is not 0. */
static unsigned count_bits(uint64_t value) {
#if defined(__GNUC__)
    return 64 - (unsigned)__builtin_clzll(value);
#else
    unsigned bits = 0;
    for (; value != 0; value >>= 1) {
        bits++;
    }
    return bits;
#endif
}

/* Of a number of so many bits (1233 / 4096 is about log10(2)), or one more; the power of ten that
 * lies between tells which. */
static unsigned count_digits(uint64_t value) {
    const unsigned digits = count_bits(value | 1) * 1233 >> 12;
    return digits + (value >= powers_of_ten[digits]);
}

static void put_pair(char *out, uint32_t value) {
    memcpy(out, pairs + (size_t)value * 2, 2);
}

static void put_four(char *out, uint32_t value) {
    put_pair(out, value / 100);
    put_pair(out + 2, value % 100);
}

/* Divisions that do not wait for each other, unlike those of a loop that takes pair after pair. */
static void put_eight(char *out, uint32_t value) {
    put_four(out, value / 10000);
    put_four(out + 4, value % 10000);
}

void cti_six_digits(char *out, uint32_t value) {
    put_pair(out, value / 10000);
    put_four(out + 2, value % 10000);
}

void cti_digits(char *out, uint64_t value, unsigned digits) {
    for (; digits >= 8; value /= 100000000) {
        digits -= 8;
        put_eight(out + digits, (uint32_t)(value % 100000000));
    }
    uint32_t rest = (uint32_t)value;
    for (; digits >= 2; rest /= 100) {
        digits -= 2;
        put_pair(out + digits, rest % 100);
    }
    if (digits != 0) {
        *out = (char)('0' + rest);
    }
}

static inline size_t put_below_100(char *out, uint32_t value) {
    if (value < 10) { /* more common than all others together */
        out[0] = (char)('0' + value);
        return 1;
    }
    put_pair(out, value);
    return 2;
}

static inline size_t put_below_10000(char *out, uint32_t value) {
    if (value < 100) {
        return put_below_100(out, value);
    }
    const size_t size = put_below_100(out, value / 100);
    put_pair(out + size, value % 100);
    return size + 2;
}

static inline size_t put_below_100000000(char *out, uint32_t value) {
    if (value < 10000) {
        return put_below_10000(out, value);
    }
    const size_t size = put_below_10000(out, value / 10000);
    put_four(out + size, value % 10000);
    return size + 4;
}

size_t cti_u64_text(char out[CTI_INTEGER_TEXT_MAX], uint64_t value) {
    enum { EIGHT_DIGITS = 100000000 };
    if (value < EIGHT_DIGITS) {
        return put_below_100000000(out, (uint32_t)value);
    }
    const uint64_t high = value / EIGHT_DIGITS; /* of 12 digits at most */
    size_t size = 0;
    if (high < EIGHT_DIGITS) {
        size = put_below_100000000(out, (uint32_t)high);
    } else {
        size = put_below_10000(out, (uint32_t)(high / EIGHT_DIGITS));
        put_eight(out + size, (uint32_t)(high % EIGHT_DIGITS));
        size += 8;
    }
    put_eight(out + size, (uint32_t)(value % EIGHT_DIGITS));
    return size + 8;
}

/* The magnitude of INT64_MIN, too, which has no negative in its own type. */
static uint64_t magnitude(int64_t value) {
    return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

size_t cti_i64_text(char out[CTI_INTEGER_TEXT_MAX], int64_t value) {
    size_t sign = value < 0;
    if (sign != 0) {
        *out++ = '-';
    }
    return sign + cti_u64_text(out, magnitude(value));
}

size_t cti_hex_text(char out[CTI_HEX_TEXT_MAX], uint64_t value) {
    char digits[16];
    size_t first = sizeof(digits);
    do {
        digits[--first] = "0123456789abcdef"[value & 15];
        value >>= 4;
    } while (value != 0);
    memcpy(out, "0x", 2);
    memcpy(out + 2, digits + first, sizeof(digits) - first);
    return 2 + sizeof(digits) - first;
}

static size_t put_unit(char *out, unsigned thousands) {
    static const char units[4][4] = {"ns", "\xc2\xb5s", "ms", "s"};
    size_t size = strlen(units[thousands]);
    memcpy(out, units[thousands], size);
    return size;
}

static size_t put_seconds(char *out, uint64_t ns) {
    size_t size = cti_u64_text(out, (ns + 500000000) / 1000000000);
    return size + put_unit(out + size, 3);
}

/* Three digits (100 to 999) of which `whole` stand before the point. */
static size_t put_significant(char *out, unsigned three, unsigned whole) {
    char digits[3];
    cti_digits(digits, three, 3);
    size_t kept = 3;
    while (kept > whole && digits[kept - 1] == '0') {
        kept--;
    }
    memcpy(out, digits, whole);
    if (kept == whole) {
        return whole;
    }
    out[whole] = '.';
    memcpy(out + whole + 1, digits + whole, kept - whole);
    return kept + 1;
}

static size_t put_duration(char *out, uint64_t ns) {
    if (ns < 1000) {
        size_t size = cti_u64_text(out, ns);
        return size + put_unit(out + size, 0);
    }
    unsigned digits = count_digits(ns);
    if (digits > 12) {
        return put_seconds(out, ns);
    }
    uint64_t step = powers_of_ten[digits - 3];
    unsigned three = (unsigned)((ns + step / 2) / step);
    if (three == 1000) { /* rounded up into the next power of ten, perhaps the next unit */
        three = 100;
        digits++;
    }
    if (digits > 12) {
        return put_seconds(out, ns);
    }
    size_t size = put_significant(out, three, (digits - 1) % 3 + 1);
    return size + put_unit(out + size, (digits - 1) / 3);
}

size_t cti_duration_text(char out[CTI_DURATION_TEXT_MAX], int64_t ns) {
    size_t sign = ns < 0;
    if (sign != 0) {
        *out++ = '-';
    }
    return sign + put_duration(out, magnitude(ns));
}

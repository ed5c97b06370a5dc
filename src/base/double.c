/* Doubles to the shortest text that reads back the same: the Schubfach algorithm of Raffaello
 * Giulietti, "The Schubfach way to render doubles" (2020, revised 2022). Comments name its
 * sections.
 *
 * A double is c * 2^q. Every real number between it and halfway to its neighbours reads back as it.
 * For the right k that interval holds at least one but at most a few multiples of 10^k, so looking
 * at the two around the double, of 10^(k+1) and of 10^k, finds the shortest and closest. */
#include "base/number.h"

#include <stdbool.h>
#include <string.h>

#include "base/powers_of_ten.h"

enum {
    FRACTION_BITS = 52,
    EXPONENT_MASK = 0x7ff,
    EXPONENT_BIAS = 1023 + FRACTION_BITS,
    PLAIN_FIRST = -5, /* from 0.00001 */
    PLAIN_LAST = 16,  /* to 99999999999999980.0 */
};

/* digits * 10^exponent */
typedef struct decimal {
    uint64_t digits;
    int exponent;
} decimal;

/* `dividend` * 2^-bits, rounded down; C leaves open what shifting a negative number gives. */
static int32_t shift_down(int32_t dividend, unsigned bits) {
    return dividend >= 0 ? dividend >> bits : ~(~dividend >> bits);
}

/* floor(log2(10^e)); exact for all the e of the table (section 8.1). */
static int32_t floor_log2_pow10(int32_t e) {
    return shift_down(e * 1741647, 19);
}

/* floor(log10(2^e)), or floor(log10(2^e * 3/4)) where the lower neighbour is closer (section 8.2).
 */
static int32_t floor_log10_pow2(int32_t e, bool lower_is_closer) {
    return shift_down(e * 1262611 - (lower_is_closer ? 524031 : 0), 22);
}

/* floor(power * c * 2^-128), and its lowest bit set when that was not exact: "rounded to odd", it
 * compares with whole numbers as the exact product would (section 9.9). The power is up to 1 too
 * large, so a remainder of 1 means nothing. */
static uint64_t scale(cti_wide power, uint64_t c) {
    uint64_t carried = cti_multiply(power.low, c).high;
    cti_wide product = cti_multiply(power.high, c);
    uint64_t low = product.low + carried;
    uint64_t high = product.high + (low < carried);
    return high | (low > 1);
}

/* The double and the bounds of its interval, in quarters of 10^k. */
typedef struct interval {
    uint64_t lower, middle, upper; /* the bounds belong to it */
    int k;
} interval;

static interval interval_of(uint64_t c, int32_t q, bool lower_is_closer) {
    int32_t k = floor_log10_pow2(q, lower_is_closer);
    unsigned shift = (unsigned)(q + floor_log2_pow10(-k) + 1);
    cti_wide power = cti_powers_of_ten[-k - CTI_POWERS_OF_TEN_FIRST];
    uint64_t odd = c & 1; /* ties read back as the even neighbour: then the bounds are outside */
    return (interval){
        .lower = scale(power, (4 * c - 2 + lower_is_closer) << shift) + odd,
        .middle = scale(power, 4 * c << shift),
        .upper = scale(power, (4 * c + 2) << shift) - odd,
        .k = k,
    };
}

static bool drop_zeros(decimal *in, uint64_t power, int zeros) {
    if (in->digits % power != 0) {
        return false;
    }
    in->digits /= power;
    in->exponent += zeros;
    return true;
}

/* `digits` is not 0. Twice eight zeros leave at most four digits of 20. */
static decimal without_trailing_zeros(decimal in) {
    if (drop_zeros(&in, 100000000, 8)) {
        drop_zeros(&in, 100000000, 8);
    }
    drop_zeros(&in, 10000, 4);
    drop_zeros(&in, 100, 2);
    drop_zeros(&in, 10, 1);
    return in;
}

static decimal shortest_in(interval in) {
    uint64_t below = in.middle / 4; /* of the multiples of 10^k around it; the other is below + 1 */
    uint64_t tens = below / 10;
    bool tens_fit = in.lower <= 40 * tens;
    bool more_tens_fit = 40 * tens + 40 <= in.upper;
    if (tens_fit != more_tens_fit) { /* else neither does: never both, k being what it is */
        return without_trailing_zeros((decimal){tens + more_tens_fit, in.k + 1});
    }
    /* No multiple of 10 from here on: it would have fitted above. */
    bool below_fits = in.lower <= 4 * below;
    bool above_fits = 4 * below + 4 <= in.upper;
    if (below_fits != above_fits) {
        return (decimal){below + above_fits, in.k};
    }
    uint64_t half = 4 * below + 2;
    bool above_is_closer = in.middle > half || (in.middle == half && (below & 1) != 0);
    return (decimal){below + above_is_closer, in.k};
}

/* `fraction` and `exponent` as they stand in the double's bits, not both 0. */
static decimal shortest(uint64_t fraction, int32_t exponent) {
    if (exponent == 0) {
        return shortest_in(interval_of(fraction, 1 - EXPONENT_BIAS, false));
    }
    uint64_t c = fraction | (uint64_t)1 << FRACTION_BITS;
    int32_t q = exponent - EXPONENT_BIAS;
    if (q <= 0 && q >= -FRACTION_BITS && (c & (((uint64_t)1 << -q) - 1)) == 0) {
        return (decimal){c >> -q, 0}; /* a whole number below 2^53: all its digits count */
    }
    return shortest_in(interval_of(c, q, fraction == 0 && exponent > 1));
}

static size_t put_zeros(char *out, size_t count) {
    memset(out, '0', count);
    return count;
}

/* "1500.0", "0.015": `count` digits with the point before or behind them, `whole` places from where
 * they begin. */
static size_t put_plain(char *out, const char *digits, size_t count, int whole) {
    if (whole <= 0) {
        const size_t size = 2 + (size_t)-whole;
        memcpy(out, "0.00000", 7);
        memcpy(out + size, digits, count);
        return size + count;
    }
    const size_t before = (size_t)whole;
    memcpy(out, digits, count);
    put_zeros(out + count, before - count);
    memcpy(out + before, ".0", 2);
    return before + 2;
}

/* "1.5e-7", "1e300": `exponent` is that of the first digit. */
static size_t put_scientific(char *out, const char *digits, size_t count, int exponent) {
    size_t size = 1;
    out[0] = digits[0];
    if (count > 1) {
        out[1] = '.';
        memcpy(out + 2, digits + 1, count - 1);
        size = count + 1;
    }
    out[size++] = 'e';
    return size + cti_i64_text(out + size, exponent);
}

/* Makes room for the point, as in "15.25": the digits before it move by one, few as they are. */
static size_t insert_point(char *out, size_t count, size_t before) {
    for (size_t i = 0; i < before; i++) {
        out[i] = out[i + 1];
    }
    out[before] = '.';
    return count + 1;
}

static size_t put_decimal(char *out, decimal in) {
    const size_t count = cti_u64_text(out + 1, in.digits);
    const int whole = in.exponent + (int)count;
    if (whole > 0 && whole < (int)count) {
        return insert_point(out, count, (size_t)whole);
    }
    char digits[CTI_INTEGER_TEXT_MAX];
    memcpy(digits, out + 1, count);
    if (whole > PLAIN_FIRST && whole <= PLAIN_LAST + 1) {
        return put_plain(out, digits, count, whole);
    }
    return put_scientific(out, digits, count, whole - 1);
}

/* ---- Few decimals ---- */

/* Whether the value is a whole number of thousandths, and how many. Written with 15 digits or fewer
 * no two numbers are the same double, so that text is the shortest one, and the only one as short.
 * Its double is the quotient, which is the nearest to the true one as 1000 and the number of
 * thousandths are both exact. */
static bool is_in_thousandths(double magnitude, uint64_t *ret_thousandths) {
    if (!(magnitude < 1e9)) {
        return false;
    }
    *ret_thousandths = (uint64_t)(int64_t)(magnitude * 1000.0 + 0.5);
    return (double)(int64_t)*ret_thousandths / 1000.0 == magnitude;
}

/* "15.25", "0.015", "1500.0" */
static size_t put_thousandths(char *out, uint64_t thousandths) {
    const uint32_t rest = (uint32_t)(thousandths % 1000);
    const size_t size = cti_u64_text(out, thousandths / 1000);
    out[size] = '.';
    cti_digits(out + size + 1, rest, 3);
    return size + (rest % 10 != 0 ? 4 : rest % 100 != 0 ? 3 : 2);
}

static size_t put_text(char *out, const char *text) {
    size_t size = strlen(text);
    memcpy(out, text, size);
    return size;
}

size_t cti_double_text(char out[CTI_DOUBLE_TEXT_MAX], double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    uint64_t fraction = bits & (((uint64_t)1 << FRACTION_BITS) - 1);
    int32_t exponent = (int32_t)(bits >> FRACTION_BITS & EXPONENT_MASK);
    if (exponent == EXPONENT_MASK && fraction != 0) {
        return put_text(out, "NaN");
    }
    size_t sign = (size_t)(bits >> 63);
    if (sign != 0) {
        *out++ = '-';
    }
    if (exponent == EXPONENT_MASK) {
        return sign + put_text(out, "inf");
    }
    if (exponent == 0 && fraction == 0) {
        return sign + put_text(out, "0.0");
    }
    uint64_t thousandths;
    if (is_in_thousandths(value < 0 ? -value : value, &thousandths)) {
        return sign + put_thousandths(out, thousandths);
    }
    return sign + put_decimal(out, shortest(fraction, exponent));
}

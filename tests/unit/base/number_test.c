#include <setjmp.h>
#include <stdarg.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/number.h"
#include "base/wide.h"

/* xorshift64 (Marsaglia, 2003): the same numbers in every run. */
static uint64_t next_random(void) {
    static uint64_t x = 88172645463325252u;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return x;
}

/* Of every length in bits. */
static uint64_t next_number(void) {
    uint64_t number = next_random();
    return number >> (next_random() % 64);
}

static void assert_text(const char *out, size_t size, const char *expected) {
    char text[64] = {0};
    assert_true(size < sizeof(text));
    memcpy(text, out, size);
    assert_string_equal(text, expected);
}

static void check_integers(uint64_t value) {
    char out[CTI_INTEGER_TEXT_MAX], expected[32];
    int64_t negative = (int64_t)value;
    snprintf(expected, sizeof(expected), "%" PRIu64, value);
    assert_text(out, cti_u64_text(out, value), expected);
    snprintf(expected, sizeof(expected), "%" PRId64, negative);
    assert_text(out, cti_i64_text(out, negative), expected);
    snprintf(expected, sizeof(expected), "0x%" PRIx64, value);
    char hex[CTI_HEX_TEXT_MAX];
    assert_text(hex, cti_hex_text(hex, value), expected);
}

static void integers_are_as_printf_has_them(void **state) {
    (void)state;
    for (uint64_t power = 1, i = 0; i < 20; i++, power *= 10) {
        check_integers(power - 1);
        check_integers(power);
        check_integers(power + 1);
        check_integers(0 - power);
    }
    for (unsigned i = 0; i < 64; i++) {
        check_integers((uint64_t)1 << i);
        check_integers(((uint64_t)1 << i) - 1);
    }
    for (int i = 0; i < 100000; i++) {
        check_integers(next_number());
    }
}

static void digits_have_leading_zeros(void **state) {
    (void)state;
    uint64_t modulus = 1;
    for (unsigned digits = 0; digits <= 19; digits++, modulus *= 10) {
        char out[32], expected[32];
        uint64_t value = next_random() % modulus;
        snprintf(expected, sizeof(expected), "%0*" PRIu64, (int)digits, value);
        cti_digits(out, value, digits);
        assert_text(out, digits, digits == 0 ? "" : expected);
        cti_digits(out, 0, digits);
        assert_text(out, digits, &"0000000000000000000"[19 - digits]);
        if (digits == 6) {
            cti_six_digits(out, (uint32_t)value);
            assert_text(out, digits, expected);
        }
    }
}

static const struct duration_case {
    int64_t ns;
    const char *text;
} duration_cases[] = {
    {0, "0ns"},
    {1, "1ns"},
    {208, "208ns"},
    {999, "999ns"},
    {1000, "1µs"},
    {1001, "1µs"},
    {1004, "1µs"},
    {1005, "1.01µs"},
    {1500, "1.5µs"},
    {9994, "9.99µs"},
    {9995, "10µs"},
    {12345, "12.3µs"},
    {99949, "99.9µs"},
    {99950, "100µs"},
    {100499, "100µs"},
    {100500, "101µs"},
    {999499, "999µs"},
    {999500, "1ms"},
    {999999, "1ms"},
    {1500000, "1.5ms"},
    {1050000, "1.05ms"},
    {999499999, "999ms"},
    {999500000, "1s"},
    {999999500, "1s"},
    {INT64_C(12345678901), "12.3s"},
    {INT64_C(60000000000), "60s"},
    {INT64_C(99949999999), "99.9s"},
    {INT64_C(99950000000), "100s"},
    {INT64_C(999499999999), "999s"},
    {INT64_C(999500000000), "1000s"},
    {INT64_C(1000499999999), "1000s"},
    {INT64_C(1000500000000), "1001s"},
    {INT64_C(3599999000000), "3600s"},
    {INT64_MAX, "9223372037s"},
    {-1, "-1ns"},
    {-1500000, "-1.5ms"},
    {INT64_MIN, "-9223372037s"},
};

static void durations_have_three_significant_digits(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(duration_cases) / sizeof(duration_cases[0]); i++) {
        char out[CTI_DURATION_TEXT_MAX];
        assert_text(out, cti_duration_text(out, duration_cases[i].ns), duration_cases[i].text);
    }
}

/* Whatever the text says is within half a unit of its third digit. */
static void durations_are_rounded_to_the_nearest(void **state) {
    (void)state;
    for (int i = 0; i < 200000; i++) {
        uint64_t ns = next_number() % UINT64_C(999500000000);
        char text[CTI_DURATION_TEXT_MAX + 1], unit[8];
        text[cti_duration_text(text, (int64_t)ns)] = '\0';
        double number;
        assert_int_equal(sscanf(text, "%lf%7s", &number, unit), 2);
        double scale = unit[0] == 'n' ? 1 : unit[0] == 'm' ? 1e6 : unit[0] == 's' ? 1e9 : 1e3;
        double error = number * scale - (double)ns;
        double bound = ns < 1000 ? 0 : (double)ns * 0.005 + 1e-3;
        assert_true(error <= bound && -error <= bound);
        assert_true(number < 1000);
    }
}

static void wide_products_agree(void **state) {
    (void)state;
    const cti_wide largest = cti_multiply_halves(UINT64_MAX, UINT64_MAX);
    assert_true(largest.high == UINT64_MAX - 1 && largest.low == 1);
    for (int i = 0; i < 100000; i++) {
        uint64_t a = next_number(), b = next_number();
        cti_wide one = cti_multiply(a, b), other = cti_multiply_halves(a, b);
        assert_true(one.high == other.high && one.low == other.low);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_as_printf_has_them),
        cmocka_unit_test(digits_have_leading_zeros),
        cmocka_unit_test(durations_have_three_significant_digits),
        cmocka_unit_test(durations_are_rounded_to_the_nearest),
        cmocka_unit_test(wide_products_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/number.h"

static uint64_t next_random(void) {
    static uint64_t x = 88172645463325252u;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return x;
}

static double from_bits(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static const char *text_of(double value) {
    static char text[CTI_DOUBLE_TEXT_MAX + 1];
    size_t size = cti_double_text(text, value);
    assert_true(size <= CTI_DOUBLE_TEXT_MAX);
    text[size] = '\0';
    return text;
}

/* The digits that carry meaning, without zeros before and after them. */
static void significant_digits(const char *text, char digits[32]) {
    size_t size = 0;
    for (; *text != '\0' && *text != 'e'; text++) {
        if (*text >= '0' && *text <= '9' && (size > 0 || *text != '0')) {
            digits[size++] = *text;
        }
    }
    while (size > 0 && digits[size - 1] == '0') {
        size--;
    }
    digits[size] = '\0';
}

/* The fewest digits of printf that read back: as short as ours, but at powers of two, where the
 * nearest text of that length need not read back while another one does. */
static void shortest_by_search(double value, char digits[32]) {
    char text[40];
    for (int precision = 0; precision <= 16; precision++) {
        snprintf(text, sizeof(text), "%.*e", precision, value);
        if (strtod(text, NULL) == value) {
            break;
        }
    }
    significant_digits(text, digits);
}

static void check_reads_back(double value) {
    const char *text = text_of(value);
    char *end;
    double again = strtod(text, &end);
    assert_int_equal(*end, '\0');
    assert_memory_equal(&again, &value, sizeof(value));
}

static void check_shortest(double value) {
    char ours[32], theirs[32];
    check_reads_back(value);
    significant_digits(text_of(value), ours);
    shortest_by_search(value, theirs);
    if (strlen(ours) > strlen(theirs) || (strlen(ours) == strlen(theirs) && strcmp(ours, theirs))) {
        print_error("%.17g: %s, but by search %s\n", value, ours, theirs);
        fail();
    }
}

static const struct form_case {
    double value;
    const char *text;
} form_cases[] = {
    {0.0, "0.0"},
    {-0.0, "-0.0"},
    {1.0, "1.0"},
    {-1.0, "-1.0"},
    {0.1, "0.1"},
    {0.3, "0.3"},
    {0.1 + 0.2, "0.30000000000000004"},
    {2.5, "2.5"},
    {100.0, "100.0"},
    {1234567.0, "1234567.0"},
    {123456789.125, "123456789.125"},
    {0.00001, "0.00001"},
    {0.000012345, "0.000012345"},
    {-0.00001234567890123456, "-0.00001234567890123456"},
    {0.00000999, "9.99e-6"},
    {-1.5e-7, "-1.5e-7"},
    {1e-7, "1e-7"},
    {9007199254740991.0, "9007199254740991.0"},
    {9007199254740992.0, "9007199254740992.0"},
    {9007199254740994.0, "9007199254740994.0"},
    {1e16, "10000000000000000.0"},
    {12345678901234568.0, "12345678901234568.0"},
    {1e17, "1e17"},
    {123456789012345680.0, "1.2345678901234568e17"},
    {1e22, "1e22"},
    {1e23, "1e23"},
    {1e300, "1e300"},
    {-1.7976931348623157e308, "-1.7976931348623157e308"},
    {2.2250738585072014e-308, "2.2250738585072014e-308"},
    {2.225073858507201e-308, "2.225073858507201e-308"},
    {5e-324, "5e-324"},
    {1e-323, "1e-323"},
    {1.5e-323, "1.5e-323"},
    {9.5367431640625e-7, "9.5367431640625e-7"},
    {9223372036854775808.0, "9.223372036854776e18"},
};

static void forms(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(form_cases) / sizeof(form_cases[0]); i++) {
        assert_string_equal(text_of(form_cases[i].value), form_cases[i].text);
    }
    assert_string_equal(text_of((double)NAN), "NaN");
    assert_string_equal(text_of(-(double)NAN), "NaN");
    assert_string_equal(text_of((double)INFINITY), "inf");
    assert_string_equal(text_of(-(double)INFINITY), "-inf");
}

/* From the papers and bug reports on Grisu, Ryu and strtod: boundaries, ties, long carries. */
static void known_hard_cases(void **state) {
    (void)state;
    static const double cases[] = {
        9.109e-31,
        8.5e-35,
        2.98023223876953125e-8,
        4.35,
        9.5e-3,
        1.8531501765868567e21,
        -3.347727380279489e33,
        5.764607523034235e39,
        1.152921504606847e40,
        2.305843009213694e40,
        4.708356024711512e18,
        9.409340012568248e18,
        1.2345678e-310,
        2.109808898695963e16,
        4.940656e-318,
        1.18575755e-316,
        2.989102097996e-312,
        9.0608011534336e15,
        5.9604644775390625e-8,
        6.8e-322,
        DBL_MIN,
        DBL_MAX,
        DBL_EPSILON,
        2.0 / 3.0,
        299792458.0,
        6.02214076e23,
        6.62607015e-34,
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check_shortest(cases[i]);
    }
}

/* Each power of two, where the interval is lopsided, and its neighbours; all exponents. */
static void powers_of_two_read_back(void **state) {
    (void)state;
    for (uint64_t exponent = 0; exponent < 2047; exponent++) {
        check_shortest(from_bits(exponent << 52));
        check_shortest(from_bits((exponent << 52) + 1));
        check_shortest(from_bits((exponent << 52) + 2));
        check_shortest(from_bits((exponent << 52 | ((uint64_t)1 << 52)) - 1));
    }
}

static void powers_of_ten_are_one_digit(void **state) {
    (void)state;
    for (int exponent = -323; exponent <= 308; exponent++) {
        char text[8], digits[32];
        snprintf(text, sizeof(text), "1e%d", exponent);
        significant_digits(text_of(strtod(text, NULL)), digits);
        assert_string_equal(digits, "1");
    }
}

static void small_denormals_are_shortest(void **state) {
    (void)state;
    for (uint64_t bits = 1; bits < 3000; bits++) {
        check_shortest(from_bits(bits));
    }
}

static void random_bits_are_shortest(void **state) {
    (void)state;
    for (int i = 0; i < 60000; i++) {
        double value = from_bits(next_random());
        if (isfinite(value)) {
            check_shortest(value);
        }
    }
}

/* Written as one writes them, up to the thousand millions where that way ends; beside each lies a
 * double that takes all the digits. */
static void thousandths_are_as_written(void **state) {
    (void)state;
    for (int i = 0; i < 50000; i++) {
        const uint64_t n = 1 + (next_random() >> 24) % (i % 2 == 0 ? 1001000000000u : 20000u);
        const double value = (double)n / 1000;
        char expected[32];
        int size = snprintf(expected, sizeof(expected), "%llu.%03u", (unsigned long long)n / 1000,
                            (unsigned)(n % 1000));
        while (expected[size - 1] == '0' && expected[size - 2] != '.') {
            expected[--size] = '\0';
        }
        assert_string_equal(text_of(value), expected);
        check_reads_back(-value);
        uint64_t bits;
        memcpy(&bits, &value, sizeof(bits));
        check_shortest(from_bits(bits - 1));
        check_shortest(from_bits(bits + 1));
    }
}

static void numbers_people_use_are_shortest(void **state) {
    (void)state;
    for (int i = 0; i < 50000; i++) {
        check_shortest((double)(next_random() % 100000000) / 1000);
        check_shortest((double)(next_random() >> (next_random() % 64)));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms),
        cmocka_unit_test(known_hard_cases),
        cmocka_unit_test(powers_of_two_read_back),
        cmocka_unit_test(powers_of_ten_are_one_digit),
        cmocka_unit_test(small_denormals_are_shortest),
        cmocka_unit_test(random_bits_are_shortest),
        cmocka_unit_test(thousandths_are_as_written),
        cmocka_unit_test(numbers_people_use_are_shortest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

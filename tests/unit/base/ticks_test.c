#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/ticks.h"

static void lines_go_through_both_samples(void **state) {
    (void)state;
    const cti_ticks_sample first = {1000, 50000}, second = {5000, 51000};
    const cti_ticks_line line = cti_ticks_line_through(first, second);
    assert_int_equal(cti_ticks_to_ns(&line, 1000), 50000);
    assert_int_equal(cti_ticks_to_ns(&line, 5000), 51000);
    assert_int_equal(cti_ticks_to_ns(&line, 3000), 50500);
    assert_int_equal(cti_ticks_to_ns(&line, 9000), 52000);
    assert_int_equal(cti_ticks_to_ns(&line, 200), 49800);
}

static void far_apart_samples_are_exact_enough(void **state) {
    (void)state;
    const uint64_t year = 31536000000000000u;
    const cti_ticks_sample first = {1, 7}, second = {1 + 3 * year, 7 + year};
    const cti_ticks_line line = cti_ticks_line_through(first, second);
    assert_in_range(cti_ticks_to_ns(&line, 1), 7 - 5, 7 + 5);
    const uint64_t middle = cti_ticks_to_ns(&line, 1 + 3 * (year / 2));
    assert_in_range(middle, 7 + year / 2 - 5, 7 + year / 2 + 5);
}

static void samples_that_are_the_same(void **state) {
    (void)state;
    const cti_ticks_sample one = {1000, 50000};
    const cti_ticks_line line = cti_ticks_line_through(one, one);
    assert_int_equal(cti_ticks_to_ns(&line, 900), 50000);
}

static void slow_counters_and_none(void **state) {
    (void)state;
    const cti_ticks_sample first = {10, 0}, second = {1010, 1000000};
    const cti_ticks_line line = cti_ticks_line_through(first, second); /* a million a second */
    assert_int_equal(cti_ticks_to_ns(&line, 2010), 2000000);
    const cti_ticks_line same = cti_ticks_line_of_ns();
    assert_int_equal(cti_ticks_to_ns(&same, 0), 0);
    assert_true(cti_ticks_to_ns(&same, 18446744073709551557u) == 18446744073709551557u);
}

/* Against the clock that they stand for. */
static void ticks_are_time(void **state) {
    (void)state;
    cti_ticks_prepare();
    for (int i = 0; i < 20; i++) {
        const cti_ticks_sample first = cti_ticks_sample_now();
        cti_sleep_ns(1000000);
        const uint64_t before = cti_clock_monotonic_ns();
        const uint64_t ticks = cti_ticks_now();
        const uint64_t after = cti_clock_monotonic_ns();
        cti_sleep_ns(1000000);
        const cti_ticks_line line = cti_ticks_line_through(first, cti_ticks_sample_now());
        const uint64_t ns = cti_ticks_to_ns(&line, ticks);
        assert_in_range(ns, before - 50000, after + 50000);
    }
}

static void ticks_never_run_backwards(void **state) {
    (void)state;
    cti_ticks_prepare();
    uint64_t last = cti_ticks_now();
    for (int i = 0; i < 100000; i++) {
        const uint64_t now = cti_ticks_now();
        assert_true(now >= last);
        last = now;
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_go_through_both_samples),
        cmocka_unit_test(far_apart_samples_are_exact_enough),
        cmocka_unit_test(samples_that_are_the_same),
        cmocka_unit_test(slow_counters_and_none),
        cmocka_unit_test(ticks_are_time),
        cmocka_unit_test(ticks_never_run_backwards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "core/event.h"
#include "encode/stamp.h"

/* 2026-11-22T20:28:00.123456789Z */
static const uint64_t then_ns = 1795379280123456789u;

static void assert_stamp(int time, ctrace_moment moment, const char *expected) {
    const cti_stamp stamp = {time, 1000};
    char text[CTI_STAMP_MAX + 1];
    text[cti_stamp_text(text, &stamp, &moment)] = '\0';
    assert_string_equal(text, expected);
}

static void utc(void **state) {
    (void)state;
    assert_stamp(CTRACE_TIME_UTC, (ctrace_moment){.time_ns = then_ns},
                 "2026-11-22T20:28:00.123456Z");
}

static void local(void **state) {
    (void)state;
    assert_stamp(CTRACE_TIME_LOCAL, (ctrace_moment){.time_ns = then_ns},
                 "2026-11-23T01:58:00.123456+05:30");
}

static void uptime(void **state) {
    (void)state;
    assert_stamp(CTRACE_TIME_UPTIME, (ctrace_moment){.monotonic_ns = 1234568890}, "1.234567");
    assert_stamp(CTRACE_TIME_UPTIME, (ctrace_moment){.monotonic_ns = 1000}, "0.000000");
    assert_stamp(CTRACE_TIME_UPTIME, (ctrace_moment){.monotonic_ns = 999}, "0.000000");
    assert_stamp(CTRACE_TIME_UPTIME, (ctrace_moment){.monotonic_ns = UINT64_MAX},
                 "18446744073.709550");
}

static void none(void **state) {
    (void)state;
    assert_stamp(CTRACE_TIME_NONE, (ctrace_moment){.time_ns = then_ns}, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utc),
        cmocka_unit_test(local),
        cmocka_unit_test(uptime),
        cmocka_unit_test(none),
    };
    setenv("TZ", "XXX-5:30", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "ctrace/writer.h"
#include "write/period.h"

enum { MIDNIGHT = 1795219200, HOUR = 3600, DAY = 86400 }; /* 2026-11-21T00:00:00Z */

static bool changes(int64_t at, int interval, bool local_time) {
    return cti_period_of(at, interval, local_time) != cti_period_of(at - 1, interval, local_time);
}

static void hours_and_days_begin_where_they_do_in_utc(void **state) {
    (void)state;
    assert_true(changes(MIDNIGHT, CTRACE_ROLL_DAILY, false));
    assert_true(changes(MIDNIGHT, CTRACE_ROLL_HOURLY, false));
    assert_true(changes(MIDNIGHT + HOUR, CTRACE_ROLL_HOURLY, false));
    assert_false(changes(MIDNIGHT + HOUR, CTRACE_ROLL_DAILY, false));
    assert_false(changes(MIDNIGHT + HOUR / 2, CTRACE_ROLL_HOURLY, false));
    assert_false(changes(MIDNIGHT, CTRACE_ROLL_NEVER, false));
    assert_true(changes(-DAY, CTRACE_ROLL_DAILY, false));
    assert_false(changes(-DAY + 1, CTRACE_ROLL_DAILY, false));
}

/* Half an hour off the rest of the world, and no daylight saving: Asia/Kolkata, +05:30. */
static void local_ones_begin_where_they_do_there(void **state) {
    (void)state;
    const int64_t midnight_there = MIDNIGHT - 5 * HOUR - HOUR / 2;
    assert_true(changes(midnight_there, CTRACE_ROLL_DAILY, true));
    assert_false(changes(MIDNIGHT, CTRACE_ROLL_DAILY, true));
    assert_true(changes(midnight_there, CTRACE_ROLL_HOURLY, true));
    assert_false(changes(MIDNIGHT, CTRACE_ROLL_HOURLY, true));
}

int main(void) {
    setenv("TZ", "IST-5:30", 1);
    tzset();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hours_and_days_begin_where_they_do_in_utc),
        cmocka_unit_test(local_ones_begin_where_they_do_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <inttypes.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/calendar.h"

static const uint64_t second_ns = 1000000000;

static uint64_t next_random(void) {
    static uint64_t x = 88172645463325252u;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return x;
}

static void assert_time(uint64_t epoch_ns, int32_t offset_s, int utc, const char *expected) {
    char text[CTI_TIME_TEXT_MAX + 1];
    size_t size = cti_time_text(text, epoch_ns, offset_s, utc);
    assert_true(size <= CTI_TIME_TEXT_MAX);
    text[size] = '\0';
    assert_string_equal(text, expected);
}

static void check_against_gmtime(uint64_t epoch_ns, int32_t offset_min) {
    time_t when = (time_t)((int64_t)(epoch_ns / second_ns) + offset_min * 60);
    struct tm tm;
    if (sizeof(time_t) < 8 && epoch_ns / second_ns > INT32_MAX - 86400) {
        return; /* nothing to compare with */
    }
    assert_non_null(gmtime_r(&when, &tm));
    char date[64], expected[128];
    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
    unsigned micros = (unsigned)(epoch_ns / 1000 % 1000000);
    snprintf(expected, sizeof(expected), "%s.%06u%c%02d:%02d", date, micros,
             offset_min < 0 ? '-' : '+', abs(offset_min) / 60, abs(offset_min) % 60);
    assert_time(epoch_ns, offset_min * 60, 0, expected);
    if (offset_min == 0) {
        strcpy(strrchr(expected, '+'), "Z");
        assert_time(epoch_ns, 0, 1, expected);
    }
}

static void forms(void **state) {
    (void)state;
    assert_time(0, 0, 1, "1970-01-01T00:00:00.000000Z");
    assert_time(0, 0, 0, "1970-01-01T00:00:00.000000+00:00");
    assert_time(1795379280123456789, 0, 1, "2026-11-22T20:28:00.123456Z");
    assert_time(1795379280123456789, 3600, 0, "2026-11-22T21:28:00.123456+01:00");
    assert_time(1795379280999999999, -12600, 0, "2026-11-22T16:58:00.999999-03:30");
    assert_time(1795379280000000999, 20700, 0, "2026-11-23T02:13:00.000000+05:45");
    assert_time(1795379280123456789, 3600, 1, "2026-11-22T20:28:00.123456Z");
    assert_time(UINT64_MAX, 0, 1, "2554-07-21T23:34:33.709551Z");
}

static void before_the_epoch_where_the_clock_is_behind(void **state) {
    (void)state;
    assert_time(0, -3600, 0, "1969-12-31T23:00:00.000000-01:00");
}

/* An offset of 44 minutes and 30 seconds (Monrovia, 1972) can be told only to the minute: what the
 * text means is still the same instant. */
static void odd_offsets_keep_the_instant(void **state) {
    (void)state;
    assert_time(3600 * second_ns, -2670, 0, "1970-01-01T00:16:00.000000-00:44");
    assert_time(3600 * second_ns, 2670, 0, "1970-01-01T01:44:00.000000+00:44");
    assert_time(3600 * second_ns, -30, 0, "1970-01-01T01:00:00.000000+00:00");
}

/* The second before and after the turn of every month, in every year there is. */
static void turns_of_months_are_as_gmtime_has_them(void **state) {
    (void)state;
    for (int64_t day = 1; day < 213000; day++) {
        time_t when = (time_t)(day * 86400);
        struct tm tm;
        gmtime_r(&when, &tm);
        if (tm.tm_mday == 1) {
            check_against_gmtime((uint64_t)when * second_ns, 0);
            check_against_gmtime((uint64_t)when * second_ns - 1, 0);
        }
    }
}

static void random_times_are_as_gmtime_has_them(void **state) {
    (void)state;
    for (int i = 0; i < 20000; i++) {
        uint64_t epoch_ns = next_random();
        check_against_gmtime(epoch_ns, 0);
        check_against_gmtime(epoch_ns, (int32_t)(next_random() % 1680) - 840);
        check_against_gmtime(epoch_ns ^ (next_random() & 0xffffffff), 0);
    }
}

static void *ask_in_thread(void *unused) {
    (void)unused;
    for (int i = 0; i < 1000; i++) {
        check_against_gmtime(UINT64_C(1795379280) * second_ns + next_random() % second_ns, 0);
    }
    return NULL;
}

static void threads_keep_seconds_of_their_own(void **state) {
    (void)state;
    assert_time(1, 0, 1, "1970-01-01T00:00:00.000000Z");
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, ask_in_thread, NULL), 0);
    pthread_join(thread, NULL);
    assert_time(1000, 0, 1, "1970-01-01T00:00:00.000001Z");
}

static void use_zone(const char *zone) {
    setenv("TZ", zone, 1);
    tzset();
}

/* POSIX zone texts, so that no zone files are needed. Each asks for quarters of its own, since the
 * offset of the last quarter is kept. */
static void offsets_of_zones(void **state) {
    (void)state;
    use_zone("UTC0");
    assert_int_equal(cti_local_offset(1700000000), 0);
    use_zone("IST-5:30");
    assert_int_equal(cti_local_offset(1700100000), 19800);
    use_zone("NPT-5:45");
    assert_int_equal(cti_local_offset(1700200000), 20700);
    use_zone("MART9:30");
    assert_int_equal(cti_local_offset(1700300000), -34200);
    use_zone("LINT-14");
    assert_int_equal(cti_local_offset(1700400000), 50400);
    use_zone("XXX12");
    assert_int_equal(cti_local_offset(1700500000), -43200);
    use_zone("ODD0:44:30");
    assert_int_equal(cti_local_offset(1700600000), -2670);
    assert_int_equal(cti_local_offset(1700600000), -2670);
    assert_int_equal(cti_local_offset(-86400), -2670);
}

/* Central Europe, 2026: forth on March 29, back on October 25, both at 01:00 UTC. */
static void offsets_change_with_daylight_saving(void **state) {
    (void)state;
    use_zone("CET-1CEST,M3.5.0,M10.5.0/3");
    const int64_t forth = 1774746000, back = 1792890000;
    assert_int_equal(cti_local_offset(forth - 1), 3600);
    assert_int_equal(cti_local_offset(forth), 7200);
    assert_int_equal(cti_local_offset(back - 1), 7200);
    assert_int_equal(cti_local_offset(back), 3600);
    assert_int_equal(cti_local_offset(forth - 1), 3600);
}

/* Lord Howe Island moves its clocks by half an hour; and a year that begins elsewhere first. */
static void offsets_of_half_an_hour_of_daylight_saving(void **state) {
    (void)state;
    use_zone("LHST-10:30LHDT-11,M10.1.0,M4.1.0");
    const int64_t april_2026 = 1775314800; /* April 4, 15:00 UTC */
    assert_int_equal(cti_local_offset(april_2026 - 1), 39600);
    assert_int_equal(cti_local_offset(april_2026), 37800);
    assert_int_equal(cti_local_offset(1767225600 - 1), 39600); /* the local year is 2026 already */
}

static void the_quarter_asked_last_is_kept(void **state) {
    (void)state;
    const int64_t quarter = INT64_C(1700000000) / 900 * 900;
    use_zone("AAA-1");
    assert_int_equal(cti_local_offset(quarter), 3600);
    use_zone("BBB-2");
    assert_int_equal(cti_local_offset(quarter + 899), 3600);
    assert_int_equal(cti_local_offset(quarter + 900), 7200);
    assert_int_equal(cti_local_offset(quarter), 7200);
}

/* 2^24 quarters after it, which differ in what does not fit the cache. */
static void far_quarters_are_not_mistaken_for_near_ones(void **state) {
    (void)state;
    use_zone("CCC-1");
    assert_int_equal(cti_local_offset(1710000000), 3600);
    use_zone("DDD-2");
    assert_int_equal(cti_local_offset(1710000000 + ((int64_t)900 << 24)), 7200);
    assert_int_equal(cti_local_offset(1710000000), 3600);
    assert_int_equal(cti_local_offset(1710000000 - ((int64_t)900 << 24)), 7200);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms),
        cmocka_unit_test(before_the_epoch_where_the_clock_is_behind),
        cmocka_unit_test(odd_offsets_keep_the_instant),
        cmocka_unit_test(turns_of_months_are_as_gmtime_has_them),
        cmocka_unit_test(random_times_are_as_gmtime_has_them),
        cmocka_unit_test(threads_keep_seconds_of_their_own),
        cmocka_unit_test(offsets_of_zones),
        cmocka_unit_test(offsets_change_with_daylight_saving),
        cmocka_unit_test(offsets_of_half_an_hour_of_daylight_saving),
        cmocka_unit_test(the_quarter_asked_last_is_kept),
        cmocka_unit_test(far_quarters_are_not_mistaken_for_near_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

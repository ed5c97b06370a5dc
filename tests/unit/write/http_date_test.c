#include "support/test.h"

#include <stdio.h>
#include <time.h>

#include "write/http_date.h"

static void three_forms_mean_the_same(void **state) {
    (void)state;
    static const char *const texts[] = {"Sun, 06 Nov 1994 08:49:37 GMT",
                                        "Sunday, 06-Nov-94 08:49:37 GMT",
                                        "Sun Nov  6 08:49:37 1994"};
    for (size_t i = 0; i < 3; i++) {
        int64_t found = 0;
        assert_true(cti_http_date_parse(texts[i], &found));
        assert_int_equal(found, 784111777);
    }
}

/* Against the C library, at odd moments of 60 years. */
static void dates_are_what_strftime_writes(void **state) {
    (void)state;
    const int64_t step = INT64_C(86400) * 17 + 12345;
    for (int64_t at = 0; at < INT64_C(86400) * 365 * 60; at += step) {
        static const char *const formats[] = {"%a, %d %b %Y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"};
        const time_t then = (time_t)at;
        struct tm fields;
        gmtime_r(&then, &fields);
        for (size_t i = 0; i < 2; i++) {
            char text[64];
            int64_t found = -1;
            strftime(text, sizeof text, formats[i], &fields);
            assert_true(cti_http_date_parse(text, &found));
            assert_int_equal(found, at);
        }
    }
}

static void others_are_refused(void **state) {
    (void)state;
    static const char *const texts[] = {"",
                                        "Sun",
                                        ",",
                                        "Sun, 06 Nov 1994 08:49:37",
                                        "Sun, 06 Nov 1994 08:49:37 GMT ",
                                        "Sun, 06 Nov 1994 08:49:37 CET",
                                        "Sun, 06 Nov 1994 24:49:37 GMT",
                                        "Sun, 06 Nov 1994 08:60:37 GMT",
                                        "Sun, 06 Nov 1994 08:49:61 GMT",
                                        "Sun, 00 Nov 1994 08:49:37 GMT",
                                        "Sun, 32 Nov 1994 08:49:37 GMT",
                                        "Sun, 6 Nov 1994 08:49:37 GMT",
                                        "Sun, 06 Nov 0000 08:49:37 GMT",
                                        "Sun, 06 nov 1994 08:49:37 GMT",
                                        "Sun Nov 06 08:49:37"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        int64_t found = 77;
        assert_false(cti_http_date_parse(texts[i], &found));
        assert_int_equal(found, 77);
    }
}

RUN(TEST(three_forms_mean_the_same), TEST(dates_are_what_strftime_writes), TEST(others_are_refused))

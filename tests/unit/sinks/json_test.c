#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "ctrace/subscriber.h"
#include "ctrace/trace.h"
#include "support/sink_json.h"
#include "support/sink_output.h"

static void the_checker_can_fail(void **state) {
    (void)state;
    static const char *const bad[] = {"",       "{",        "{\"a\":1,}",  "{\"a\":1,\"a\":2}",
                                      "\"\n\"", "\"\xff\"", "01",          "1.",
                                      "NaN",    "\"\\x\"",  "\"\\u12g4\"", "[1,]",
                                      "1 ",     "-",        "{a:1}",       "\"\xed\xa0\x80\""};
    static const char *const good[] = {"{}", "[]", "-0.5e-7", "{\"a\":[1,\"\\u00e4\",null]}"};
    size_t at;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(sink_json_is_valid(bad[i], strlen(bad[i]), &at));
    }
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(sink_json_is_valid(good[i], strlen(good[i]), &at));
    }
}

static void assert_refused(ctrace_json_options options, const char *why) {
    assert_null(ctrace_json_new(ctrace_memory_writer_new(), &options));
    assert_non_null(strstr(ctrace_last_error(), why));
}

static void bad_options(void **state) {
    (void)state;
    assert_refused((ctrace_json_options){.time = 4}, "time is 4");
    assert_refused((ctrace_json_options){.span_events = 32}, "span_events is 0x20");
    assert_refused((ctrace_json_options){.reserved = {1}}, "reserved");
    sink_output fine = sink_output_json(NULL); /* what went wrong before is forgotten */
    sink_output_end(&fine);
    assert_null(ctrace_json_new(NULL, NULL));
    assert_non_null(strstr(ctrace_last_error(), "writer"));
}

/* Every byte, alone and behind the beginnings of longer characters. */
static void emit_every_byte(void) {
    static const char *const begins[] = {"", "\xc3", "\xe2\x82", "\xf0\x9f\x98", "\xed\xa0", "a"};
    for (unsigned byte = 0; byte < 256; byte++) {
        for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++) {
            char text[8] = "";
            strcpy(text, begins[i]);
            const size_t size = strlen(text);
            text[size] = (char)byte;
            TRACE_SPAN("s\"\n\xff", ("k\"\n\xff", TRACE_STRN(text, size + 1)));
            TRACE_INFO("m\"\n\xff", ("k", TRACE_STRN(text, size + 1)));
            TRACE_INFOF("%s", text);
        }
    }
}

static void whatever_comes_it_is_json(void **state) {
    (void)state;
    for (int nested = 0; nested < 2; nested++) {
        sink_output output = sink_output_json(&(ctrace_json_options){
            .nested = nested != 0, .file = true, .function = true, .thread_name = true});
        TRACE_WITH_SUBSCRIBER(output.sink) {
            emit_every_byte();
        }
        assert_int_equal(sink_json_assert_lines(sink_output_written(&output)), 256 * 6 * 2);
        sink_output_end(&output);
    }
}

static void long_values_are_cut(void **state) {
    (void)state;
    enum { SIZE = (1 << 20) + 5 };
    char *text = malloc(SIZE);
    assert_non_null(text);
    memset(text, 'a', SIZE);
    sink_output output = sink_output_json(NULL);
    TRACE_WITH_SUBSCRIBER(output.sink) {
        TRACE_INFO("m", ("s", TRACE_STRN(text, SIZE)), ("b", TRACE_BYTES(text, SIZE)));
    }
    const char *line = sink_output_written(&output);
    assert_int_equal(sink_json_assert_lines(line), 1);
    assert_non_null(strstr(line, "aaa\xe2\x80\xa6(+5 bytes)\",\"b\":\"6161"));
    assert_non_null(strstr(line, "6161\xe2\x80\xa6(+5 bytes)\"}"));
    sink_output_end(&output);
    free(text);
}

static void threads(void **state) {
    (void)state;
    static const char *const expected[] = {",\"thread_id\":", ",\"threadId\":\"ThreadId("};
    static const char *const names[] = {",\"thread\":\"", ",\"threadName\":\""};
    for (int nested = 0; nested < 2; nested++) {
        sink_output output = sink_output_json(
            &(ctrace_json_options){.nested = nested != 0, .thread_id = true, .thread_name = true});
        TRACE_WITH_SUBSCRIBER(output.sink) {
            TRACE_INFO("m");
        }
        const char *line = sink_output_written(&output);
        assert_int_equal(sink_json_assert_lines(line), 1);
        assert_non_null(strstr(line, names[nested]));
        assert_non_null(strstr(line, expected[nested]));
        sink_output_end(&output);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_checker_can_fail),
        cmocka_unit_test(bad_options),
        cmocka_unit_test(whatever_comes_it_is_json),
        cmocka_unit_test(long_values_are_cut),
        cmocka_unit_test(threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#define TRACE_TARGET "shop::db"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctrace/context.h"
#include "ctrace/subscriber.h"
#include "ctrace/trace.h"
#include "support/sink_json.h"
#include "support/sink_output.h"

static const ctrace_json_options bare = {.time = CTRACE_TIME_NONE, .no_ids = true};
static const ctrace_json_options nested = {.time = CTRACE_TIME_NONE, .nested = true};

#define HEAD "{\"level\":\"INFO\",\"msg\":\"m\",\"target\":\"shop::db\""

static void values(void **state) {
    (void)state;
    sink_output output = sink_output_json(&bare);
    TRACE_WITH_SUBSCRIBER(output.sink) {
        TRACE_INFO("m", ("i", INT64_MIN), ("u", UINT64_MAX), ("b", TRACE_BOOL(true)), ("d", 1.0),
                   ("nan", (double)NAN), ("inf", -(double)INFINITY), ("hex", TRACE_HEX(255)));
        TRACE_INFO("m", ("took", TRACE_NS(1500)), ("e", TRACE_ERRNO(ENOENT)), ("none", TRACE_EMPTY),
                   ("s", (const char *)NULL), ("p", (void *)NULL), ("q", (void *)(uintptr_t)16),
                   ("bytes", TRACE_BYTES("\x01\xab", 2)), ("t", "a\"b"));
    }
    sink_output_expect(
        &output,
        HEAD ",\"i\":-9223372036854775808,\"u\":18446744073709551615,\"b\":true,\"d\":1.0,"
             "\"nan\":\"NaN\",\"inf\":\"-inf\",\"hex\":\"0xff\"}\n" HEAD
             ",\"took_ns\":1500,\"e\":2,\"e_text\":\"No such file or directory\",\"s\":null,"
             "\"p\":null,\"q\":\"0x10\",\"bytes\":\"01ab\",\"t\":\"a\\\"b\"}\n");
}

static void write_text(ctrace_buf *out, const void *object) {
    (void)object;
    ctrace_buf_put(out, "a\nb", 3);
}

static void lazy_and_formatted_texts(void **state) {
    (void)state;
    sink_output output = sink_output_json(&bare);
    TRACE_WITH_SUBSCRIBER(output.sink) {
        TRACE_INFO("m", ("lazy", TRACE_LAZY(write_text, NULL)));
        TRACE_INFOF("%d \"%s\"", 1, "x\n");
    }
    sink_output_expect(&output, HEAD ",\"lazy\":\"a\\nb\"}\n"
                                     "{\"level\":\"INFO\",\"msg\":\"1 \\\"x\\n\\\"\","
                                     "\"target\":\"shop::db\"}\n");
}

static void no_key_comes_twice(void **state) {
    (void)state;
    sink_output output = sink_output_json(&bare);
    TRACE_WITH_SUBSCRIBER(output.sink) {
        TRACE_INFO("m", ("a", 1), ("b", 2), ("a", 3));
        TRACE_INFO("m", ("a", 1), ("a", TRACE_EMPTY));
        TRACE_INFO("m", ("time", 1), ("field_time", 2));
        TRACE_INFO("m", ("field_time", 2), ("time", 1));
        TRACE_INFO("m", ("a_ns", 1), ("a", TRACE_NS(2)));
        TRACE_INFO("m", ("a_ns", 1), ("a", 2));
        TRACE_INFO("m", ("e", TRACE_ERRNO(ENOENT)), ("e_text", "mine"));
        TRACE_INFO("m", ("e_text", "mine"), ("e", TRACE_ERRNO(ENOENT)));
    }
    sink_json_assert_lines(sink_output_written(&output));
    sink_output_expect(&output, HEAD ",\"b\":2,\"a\":3}\n" HEAD ",\"a\":1}\n" HEAD
                                     ",\"field_time\":2}\n" HEAD ",\"field_time\":1}\n" HEAD
                                     ",\"a_ns\":2}\n" HEAD ",\"a_ns\":1,\"a\":2}\n" HEAD
                                     ",\"e\":2,\"e_text\":\"mine\"}\n" HEAD
                                     ",\"e\":2,\"e_text\":\"No such file or directory\"}\n");
}

static void every_key_of_ours_is_kept_free(void **state) {
    (void)state;
    sink_output output = sink_output_json(&bare);
    TRACE_WITH_SUBSCRIBER(output.sink) {
        TRACE_INFO("m", ("level", 1), ("msg", 1), ("target", 1), ("span", 1), ("spans", 1),
                   ("trace_id", 1), ("span_id", 1), ("parent_ids", 1), ("file", 1), ("line", 1),
                   ("function", 1), ("thread", 1), ("thread_id", 1));
    }
    sink_output_expect(
        &output,
        HEAD ",\"field_level\":1,\"field_msg\":1,\"field_target\":1,\"field_span\":1,"
             "\"field_spans\":1,\"field_trace_id\":1,\"field_span_id\":1,\"field_parent_ids\":1,"
             "\"field_file\":1,\"field_line\":1,\"field_function\":1,"
             "\"field_thread\":1,\"field_thread_id\":1}\n");
}

static void spans(void **state) {
    (void)state;
    sink_output output = sink_output_json(&bare);
    TRACE_WITH_SUBSCRIBER(output.sink) {
        TRACE_SPAN("one", ("name", "n"), ("none", TRACE_EMPTY));
        TRACE_SPAN("two", ("name", 1), ("field_name", 2), ("t", TRACE_NS(5)));
        TRACE_INFO("m");
    }
    sink_output_expect(&output,
                       HEAD ",\"span\":{\"name\":\"two\",\"field_name\":2,\"t_ns\":5},\"spans\":["
                            "{\"name\":\"one\",\"field_name\":\"n\"},"
                            "{\"name\":\"two\",\"field_name\":2,\"t_ns\":5}]}\n");
}

static void spans_can_be_left_out(void **state) {
    (void)state;
    sink_output output = sink_output_json(
        &(ctrace_json_options){.time = CTRACE_TIME_NONE, .no_ids = true, .no_spans = true});
    TRACE_WITH_SUBSCRIBER(output.sink) {
        TRACE_SPAN("one");
        TRACE_INFO("m");
    }
    sink_output_expect(&output, HEAD "}\n");
}

static void identities(void **state) {
    (void)state;
    sink_output output =
        sink_output_json(&(ctrace_json_options){.time = CTRACE_TIME_NONE, .no_spans = true});
    char expected[200];
    TRACE_WITH_SUBSCRIBER(output.sink) {
        TRACE_SPAN_AS(one, "one");
        TRACE_SPAN_AS(two, "two");
        uint8_t id[16];
        ctrace_span_trace_id(two, id);
        size_t size = (size_t)snprintf(expected, sizeof expected, HEAD ",\"trace_id\":\"");
        for (size_t i = 0; i < 16; i++) {
            size += (size_t)snprintf(expected + size, sizeof expected - size, "%02x", id[i]);
        }
        snprintf(expected + size, sizeof expected - size,
                 "\",\"span_id\":\"%016llx\",\"parent_ids\":[\"%016llx\"]}\n",
                 (unsigned long long)ctrace_span_id(two), (unsigned long long)ctrace_span_id(one));
        TRACE_INFO("m");
    }
    sink_output_expect(&output, expected);
}

#define REMOTE ",\"trace_id\":\"00000000000000000000000000000007\",\"span_id\":"

/* What joins the lines of two processes: the id that came in stands before those given here. */
static void a_remote_parent_is_the_outermost(void **state) {
    (void)state;
    static const ctrace_remote remote = {.trace_id = {[15] = 7}, .span_id = {[7] = 8}, .flags = 1};
    sink_output output =
        sink_output_json(&(ctrace_json_options){.time = CTRACE_TIME_NONE, .no_spans = true});
    char expected[400];
    ctrace_span *one = NULL;
    TRACE_WITH_SUBSCRIBER(output.sink) {
        one = TRACE_SPAN_REMOTE(&remote, "one");
        TRACE_IN(one) {
            TRACE_INFO("m");
            TRACE_SPAN_AS(two, "two");
            TRACE_INFO("m");
            snprintf(expected, sizeof expected,
                     HEAD REMOTE "\"%016llx\",\"parent_ids\":[\"0000000000000008\"]}\n" HEAD REMOTE
                                 "\"%016llx\",\"parent_ids\":[\"0000000000000008\",\"%016llx\"]}\n",
                     (unsigned long long)ctrace_span_id(one),
                     (unsigned long long)ctrace_span_id(two),
                     (unsigned long long)ctrace_span_id(one));
        }
    }
    ctrace_span_unref(one);
    sink_output_expect(&output, expected);
}

#define NESTED "{\"level\":\"INFO\",\"fields\":{"

static void nested_shape(void **state) {
    (void)state;
    sink_output output = sink_output_json(&nested);
    TRACE_WITH_SUBSCRIBER(output.sink) {
        TRACE_INFO("m", ("time", 1), ("took", TRACE_NS(1500)), ("e", TRACE_ERRNO(ENOENT)));
        TRACE_SPAN("one", ("a", 1));
        TRACE_SPAN("two");
        TRACE_INFO("m");
    }
    sink_output_expect(&output, NESTED
                       "\"message\":\"m\",\"time\":1,\"took\":\"1.5\xc2\xb5s\",\"e\":2,"
                       "\"e_text\":\"No such file or directory\"},\"target\":\"shop::db\"}\n" NESTED
                       "\"message\":\"m\"},\"target\":\"shop::db\",\"span\":{\"name\":\"two\"},"
                       "\"spans\":[{\"a\":1,\"name\":\"one\"},{\"name\":\"two\"}]}\n");
}

static void nested_names_clash(void **state) {
    (void)state;
    sink_output output = sink_output_json(&nested);
    TRACE_WITH_SUBSCRIBER(output.sink) {
        TRACE_INFO("m", ("message", "mine"), ("a", 1));
        TRACE_INFO("m", ("message", TRACE_EMPTY), ("a", 1));
        TRACE_SPAN("one", ("name", "n"), ("a", 2));
        TRACE_INFO("m", ("took", TRACE_NS(5)), ("took_ns", 6));
    }
    sink_json_assert_lines(sink_output_written(&output));
    sink_output_expect(
        &output,
        NESTED "\"message\":\"mine\",\"a\":1},\"target\":\"shop::db\"}\n" NESTED
               "\"message\":\"m\",\"a\":1},\"target\":\"shop::db\"}\n" NESTED
               "\"message\":\"m\",\"took\":\"5ns\",\"took_ns\":6},\"target\":\"shop::db\","
               "\"span\":{\"a\":2,\"name\":\"one\"},\"spans\":[{\"a\":2,\"name\":\"one\"}]}\n");
}

static void recorded_values_are_shown(void **state) {
    (void)state;
    sink_output output = sink_output_json(&bare);
    TRACE_WITH_SUBSCRIBER(output.sink) {
        TRACE_SPAN_AS(span, "one", ("status", TRACE_EMPTY));
        TRACE_RECORD(span, ("status", "done"));
        TRACE_INFO("m");
    }
    sink_output_expect(&output, HEAD ",\"span\":{\"name\":\"one\",\"status\":\"done\"},"
                                     "\"spans\":[{\"name\":\"one\",\"status\":\"done\"}]}\n");
}

static void time_comes_first(void **state) {
    (void)state;
    static const int times[] = {CTRACE_TIME_UTC, CTRACE_TIME_LOCAL, CTRACE_TIME_UPTIME};
    static const char *const begins[] = {"{\"time\":\"20", "{\"time\":\"20", "{\"time\":0."};
    static const char *const ends[] = {"Z\",", "+05:30\",", ","};
    for (size_t i = 0; i < 3; i++) {
        sink_output output = sink_output_json(&(ctrace_json_options){.time = times[i]});
        TRACE_WITH_SUBSCRIBER(output.sink) {
            TRACE_INFO("m");
        }
        const char *line = sink_output_written(&output);
        const char *level = strstr(line, "\"level\"");
        assert_int_equal(sink_json_assert_lines(line), 1);
        assert_memory_equal(line, begins[i], strlen(begins[i]));
        assert_non_null(level);
        assert_memory_equal(level - strlen(ends[i]), ends[i], strlen(ends[i]));
        sink_output_end(&output);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
        cmocka_unit_test(lazy_and_formatted_texts),
        cmocka_unit_test(no_key_comes_twice),
        cmocka_unit_test(every_key_of_ours_is_kept_free),
        cmocka_unit_test(spans),
        cmocka_unit_test(spans_can_be_left_out),
        cmocka_unit_test(identities),
        cmocka_unit_test(a_remote_parent_is_the_outermost),
        cmocka_unit_test(nested_shape),
        cmocka_unit_test(nested_names_clash),
        cmocka_unit_test(recorded_values_are_shown),
        cmocka_unit_test(time_comes_first),
    };
    setenv("TZ", "XXX-5:30", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

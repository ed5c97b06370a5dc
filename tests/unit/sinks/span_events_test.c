#define TRACE_TARGET "shop::db"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "core/event.h"
#include "ctrace/trace.h"
#include "support/sink_json.h"
#include "support/sink_output.h"

static sink_output output_with(unsigned span_events) {
    return sink_output_text(&(ctrace_text_options){
        .time = CTRACE_TIME_NONE, .no_target = true, .span_events = span_events});
}

static void open_and_close(const sink_output *output) {
    TRACE_WITH_SUBSCRIBER(output->sink) {
        TRACE_SPAN_AT(CTRACE_LEVEL_WARN, "s", ("a", 1));
    }
}

static void each_by_itself(void **state) {
    (void)state;
    static const struct {
        unsigned bits;
        const char *expected;
    } cases[] = {
        {0, ""},
        {CTRACE_SPAN_EVENTS_NEW, " WARN s{a=1}: new\n"},
        {CTRACE_SPAN_EVENTS_ENTER, " WARN s{a=1}: enter\n"},
        {CTRACE_SPAN_EVENTS_EXIT, " WARN s{a=1}: exit\n"},
        {CTRACE_SPAN_EVENTS_NEW | CTRACE_SPAN_EVENTS_EXIT,
         " WARN s{a=1}: new\n WARN s{a=1}: exit\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sink_output output = output_with(cases[i].bits);
        open_and_close(&output);
        sink_output_expect(&output, cases[i].expected);
    }
}

static void all_in_order(void **state) {
    (void)state;
    sink_output output = output_with(15);
    open_and_close(&output);
    static const char expected[] = " WARN s{a=1}: new\n WARN s{a=1}: enter\n WARN s{a=1}: exit\n "
                                   "WARN s{a=1}: close time.busy=";
    assert_memory_equal(sink_output_written(&output), expected, sizeof expected - 1);
    assert_non_null(strstr(sink_output_written(&output), " time.idle="));
    sink_output_end(&output);
}

typedef void span_callback(ctrace_subscriber *, ctrace_span *, const ctrace_moment *);

static void call(span_callback *callback, sink_output *output, ctrace_span *span, uint64_t ns) {
    const ctrace_moment moment = {.monotonic_ns = ns};
    callback(output->sink, span, &moment);
}

/* Entered twice from 2 to 5 and once from 7 to 8 of a life from 1 to 11. */
static void entered_twice_counts_once(void **state) {
    (void)state;
    sink_output output = output_with(CTRACE_SPAN_EVENTS_CLOSE);
    const ctrace_subscriber_ops *ops = output.sink->ops;
    TRACE_WITH_SUBSCRIBER(output.sink) {
        ctrace_span *span = TRACE_SPAN_NEW("s");
        call(ops->on_span_new, &output, span, 1000);
        call(ops->on_span_enter, &output, span, 2000);
        call(ops->on_span_enter, &output, span, 3000);
        call(ops->on_span_exit, &output, span, 4000);
        call(ops->on_span_exit, &output, span, 5000);
        call(ops->on_span_enter, &output, span, 7000);
        call(ops->on_span_exit, &output, span, 8000);
        call(ops->on_span_close, &output, span, 11000);
        static const char expected[] = " INFO s: close time.busy=4\xc2\xb5s time.idle=6\xc2\xb5s\n";
        assert_string_equal(sink_output_written(&output), expected);
        ctrace_span_unref(span);
    }
    sink_output_end(&output);
}

/* A close while it is entered, and clocks that ran backwards. */
static void odd_lives(void **state) {
    (void)state;
    sink_output output = output_with(CTRACE_SPAN_EVENTS_CLOSE);
    const ctrace_subscriber_ops *ops = output.sink->ops;
    TRACE_WITH_SUBSCRIBER(output.sink) {
        ctrace_span *span = TRACE_SPAN_NEW("s");
        call(ops->on_span_new, &output, span, 1000);
        call(ops->on_span_enter, &output, span, 2000);
        call(ops->on_span_close, &output, span, 4000);
        call(ops->on_span_exit, &output, span, 1500);
        call(ops->on_span_close, &output, span, 500);
        assert_string_equal(sink_output_written(&output),
                            " INFO s: close time.busy=2\xc2\xb5s time.idle=1\xc2\xb5s\n"
                            " INFO s: close time.busy=0ns time.idle=0ns\n");
        ctrace_span_unref(span);
    }
    sink_output_end(&output);
}

static void *enter_often(void *argument) {
    for (int i = 0; i < 1000; i++) {
        ctrace_span_enter(argument);
        ctrace_span_exit(argument);
    }
    return NULL;
}

/* For the thread sanitizer, and because a lost count would make the time nonsense. */
static void many_threads(void **state) {
    (void)state;
    sink_output output =
        sink_output_json(&(ctrace_json_options){.span_events = CTRACE_SPAN_EVENTS_CLOSE});
    pthread_t threads[4];
    TRACE_WITH_SUBSCRIBER(output.sink) {
        ctrace_span *span = TRACE_SPAN_NEW("s");
        for (size_t i = 0; i < 4; i++) {
            assert_int_equal(pthread_create(&threads[i], NULL, enter_often, span), 0);
        }
        for (size_t i = 0; i < 4; i++) {
            pthread_join(threads[i], NULL);
        }
        ctrace_span_unref(span);
    }
    long long busy, idle;
    const char *times = strstr(sink_output_written(&output), "\"time.busy_ns\"");
    assert_int_equal(sink_json_assert_lines(sink_output_written(&output)), 1);
    assert_non_null(times);
    assert_int_equal(sscanf(times, "\"time.busy_ns\":%lld,\"time.idle_ns\":%lld,", &busy, &idle),
                     2);
    assert_true(busy > 0 && idle >= 0);
    sink_output_end(&output);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_by_itself),
        cmocka_unit_test(all_in_order),
        cmocka_unit_test(entered_twice_counts_once),
        cmocka_unit_test(odd_lives),
        cmocka_unit_test(many_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

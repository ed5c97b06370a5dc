#define TRACE_TARGET "shop::db"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/event.h"
#include "ctrace/trace.h"
#include "support/sink_output.h"

#define INSIDE "\xe2\x94\x82 "
#define OPENED "\xe2\x94\x8c "
#define CLOSED "\xe2\x94\x94 "

static const ctrace_tree_options bare = {
    .time = CTRACE_TIME_NONE, .no_target = true, .no_level = true};

typedef void span_callback(ctrace_subscriber *, ctrace_span *, const ctrace_moment *);

static void call(span_callback *callback, sink_output *output, ctrace_span *span, uint64_t ns) {
    const ctrace_moment moment = {.monotonic_ns = ns};
    callback(output->sink, span, &moment);
}

static void how_long_it_lived(void **state) {
    (void)state;
    sink_output output = sink_output_tree(&bare);
    const ctrace_subscriber_ops *ops = output.sink->ops;
    TRACE_WITH_SUBSCRIBER(output.sink) {
        ctrace_span *span = TRACE_SPAN_NEW("s\n");
        call(ops->on_span_new, &output, span, 1000);
        call(ops->on_span_enter, &output, span, 1001);
        call(ops->on_span_exit, &output, span, 2000);
        call(ops->on_span_close, &output, span, 2000000);
        call(ops->on_span_enter, &output, span, 1500000);
        call(ops->on_span_exit, &output, span, 2999001);
        call(ops->on_span_close, &output, span, 1501000);
        assert_string_equal(sink_output_written(&output),
                            OPENED "s\\n\n" OPENED "s\\n\n" CLOSED "s\\n 2ms (busy 999ns)\n" CLOSED
                                   "s\\n 1.5ms\n");
        ctrace_span_unref(span);
    }
    sink_output_end(&output);
}

static void bare_lines(void **state) {
    (void)state;
    sink_output output = sink_output_tree(&bare);
    TRACE_WITH_SUBSCRIBER(output.sink) {
        TRACE_INFO("");
        TRACE_INFO("", ("a", 1));
        TRACE_SPAN("s");
        TRACE_INFOF("%d", 7);
    }
    const char *expected = "\na=1\n" OPENED "s\n" INSIDE "7\n" CLOSED "s ";
    assert_memory_equal(sink_output_written(&output), expected, strlen(expected));
    sink_output_end(&output);
}

static void bad_options(void **state) {
    (void)state;
    assert_null(ctrace_tree_new(ctrace_memory_writer_new(), &(ctrace_tree_options){.time = 9}));
    assert_non_null(strstr(ctrace_last_error(), "time is 9"));
    assert_null(ctrace_tree_new(ctrace_memory_writer_new(), &(ctrace_tree_options){.color = -1}));
    assert_null(
        ctrace_tree_new(ctrace_memory_writer_new(), &(ctrace_tree_options){.reserved = {1}}));
    assert_null(ctrace_tree_new(NULL, NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(how_long_it_lived),
        cmocka_unit_test(bare_lines),
        cmocka_unit_test(bad_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Every allocation of an OTLP sink failing in turn: what is written is whole, what is not is
 * counted, and nothing leaks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctrace/sinks.h"
#include "ctrace/subscriber.h"
#include "ctrace/trace.h"
#include "ctrace/writer.h"
#include "support/allocator.h"
#include "support/sink_json.h"

static size_t broken;

static ctrace_status look_at_line(void *state, const char *bytes, size_t size) {
    (void)state;
    size_t at;
    broken += !sink_json_is_valid(bytes, size - 1, &at);
    return CTRACE_OK;
}

static void emit(ctrace_subscriber *sink) {
    TRACE_WITH_SUBSCRIBER(sink) {
        TRACE_SPAN("s", ("e", TRACE_ERRNO(2)));
        ctrace_span_follows(ctrace_span_current(), ctrace_span_current());
        TRACE_ERROR("m", ("e", TRACE_ERRNO(2)), ("text", "some text"));
        TRACE_INFO("m");
        ctrace_flush(CTRACE_FOREVER);
    }
}

static bool try_with(size_t nth) {
    const size_t before = allocator_alive();
    const ctrace_otlp_options options = {.service_name = "s",
                                         .events_as_logs = true,
                                         .events_as_span_events = true,
                                         .batch_age_ns = CTRACE_FOREVER};
    allocator_fail_at(nth);
    ctrace_subscriber *sink =
        ctrace_otlp_new(ctrace_callback_writer_new(look_at_line, NULL), &options);
    if (sink != NULL) {
        emit(sink);
    }
    ctrace_subscriber_unref(sink);
    const bool failed = allocator_has_failed();
    allocator_fail_at(0);
    assert_in_range(allocator_alive(), 0, before + 8); /* what the thread keeps for itself */
    return failed;
}

static void nothing_is_broken(void **state) {
    (void)state;
    try_with(0);
    for (size_t nth = 1; try_with(nth); nth++) {
        assert_int_equal(broken, 0);
    }
}

int main(void) {
    allocator_use();
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_is_broken)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

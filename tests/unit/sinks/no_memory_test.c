/* Every allocation failing in turn: an event is there whole, or lost and counted. */
#define TRACE_TARGET "shop::db"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <string.h>

#include "ctrace/subscriber.h"
#include "support/allocator.h"
#include "support/probe.h"
#include "support/sink_json.h"
#include "support/sink_output.h"

static size_t lines, broken_lines;
static bool listening; /* the block was entered: that takes memory too */

static ctrace_status look_at_line(void *state, const char *bytes, size_t size) {
    (void)state;
    size_t at;
    lines++;
    broken_lines += bytes[size - 1] != '\n' ||
                    (bytes[0] == '{' && !sink_json_is_valid(bytes, size - 1, &at)) ||
                    (bytes[0] != '{' && memchr(bytes, '\n', size - 1) != NULL);
    return CTRACE_OK;
}

static void write_text(ctrace_buf *out, const void *object) {
    (void)object;
    ctrace_buf_printf(out, "%0600d", 7);
}

static void emit_deep(int depth) {
    TRACE_SPAN("s", ("d", depth));
    if (depth > 0) {
        emit_deep(depth - 1);
        return;
    }
    TRACE_INFO("m", ("lazy", TRACE_LAZY(write_text, NULL)), ("e", TRACE_ERRNO(2)), ("a", 1),
               ("a", TRACE_NS(2)));
}

/* On a new thread, which has nothing yet. */
static void *emit(void *sink) {
    TRACE_WITH_SUBSCRIBER(sink) {
        listening = TRACE_ENABLED(CTRACE_LEVEL_INFO);
        TRACE_INFO("m");
        emit_deep(40);
    }
    return NULL;
}

static ctrace_subscriber *make(size_t which) {
    static const ctrace_text_options compact = {.format = CTRACE_TEXT_COMPACT,
                                                .span_events = CTRACE_SPAN_EVENTS_CLOSE};
    static const ctrace_json_options nested = {.nested = true};
    ctrace_writer *writer = ctrace_callback_writer_new(look_at_line, NULL);
    return which == 0   ? ctrace_text_new(writer, NULL)
           : which == 1 ? ctrace_text_new(writer, &compact)
           : which == 2 ? ctrace_json_new(writer, NULL)
                        : ctrace_json_new(writer, &nested);
}

/* Returns whether an allocation failed. */
static bool run(size_t which, size_t nth) {
    const uint64_t before = stats_now().events_lost;
    pthread_t thread;
    allocator_fail_at(nth);
    ctrace_subscriber *sink = make(which);
    lines = 0;
    listening = false;
    assert_int_equal(pthread_create(&thread, NULL, emit, sink), 0);
    pthread_join(thread, NULL);
    ctrace_subscriber_unref(sink);
    const bool failed = allocator_has_failed();
    allocator_fail_at(0);
    if (sink != NULL && listening) {
        assert_true(lines + (stats_now().events_lost - before) >= 2);
    }
    return failed;
}

static void whole_or_lost(void **state) {
    (void)state;
    for (size_t which = 0; which < 4; which++) {
        run(which, 0); /* what is made once and kept is made now */
        const size_t alive = allocator_alive();
        size_t nth = 0;
        do {
            nth++;
        } while (run(which, nth));
        assert_true(nth > 5);
        assert_int_equal(broken_lines, 0);
        assert_true(allocator_alive() <= alive + 2);
    }
}

static void a_sink_without_memory_is_none(void **state) {
    (void)state;
    for (size_t which = 0; which < 4; which++) {
        allocator_fail_at(2); /* the first one is the writer's */
        assert_null(make(which));
        allocator_fail_at(0);
        assert_non_null(strstr(ctrace_last_error(), "memory"));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_or_lost),
        cmocka_unit_test(a_sink_without_memory_is_none),
    };
    allocator_use();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Every allocation of a tail subscriber at work fails in turn: nothing crashes or leaks, and what
 * is told is told in order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrace/filter.h"
#include "ctrace/trace.h"
#include "support/allocator.h"
#include "support/probe.h"

static probe inner;

static void work(void) {
    static char large[5000];
    memset(large, 'x', sizeof large - 1);
    TRACE_SPAN_AS(root, "root", ("text", "text"), ("later", TRACE_EMPTY));
    for (int i = 0; i < 100; i++) {
        TRACE_SPAN("query", ("text", (const char *)large));
        TRACE_DEBUG("detail", ("i", i));
        TRACE_RECORD(root, ("later", i));
    }
    TRACE_ERROR("failed");
    TRACE_INFO("after", ("text", (const char *)large));
}

/* Whether an allocation failed. */
static bool fails_gracefully(size_t nth, bool on) {
    const ctrace_tail_options options = {.trace_bytes = 32768};
    ctrace_subscriber *subscriber = probe_init(&inner);
    if (on) {
        allocator_fail_from(nth);
    } else {
        allocator_fail_at(nth);
    }
    ctrace_subscriber *tail = ctrace_tail_new(subscriber, &options);
    CTRACE_WITH_SUBSCRIBER(tail) {
        work();
    }
    const bool failed = allocator_has_failed();
    allocator_fail_at(0);
    ctrace_subscriber_unref(tail);
    ctrace_flush(CTRACE_FOREVER);
    assert_int_equal(probe_calls(&inner, PROBE_FREE), 1);
    assert_int_equal(probe_calls(&inner, PROBE_ENTER), probe_calls(&inner, PROBE_EXIT));
    return failed;
}

static void each_allocation_fails(void **state) {
    (void)state;
    fails_gracefully(0, false); /* what stays with thread and callsites is there then */
    const size_t before = allocator_alive();
    size_t nth = 1;
    while (fails_gracefully(nth, false)) {
        nth++;
    }
    assert_true(nth > 20);
    for (size_t from = 1; from < nth; from++) {
        fails_gracefully(from, true);
    }
    fails_gracefully(0, false);
    assert_int_equal(allocator_alive(), before);
}

int main(void) {
    allocator_use();
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_allocation_fails)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

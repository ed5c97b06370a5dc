/* What must not grow: memory in steady state, state of threads that are gone, callsites. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>

#include "support/allocator.h"
#include "support/probe.h"
#include "support/sanitized.h"

static probe listener;

static int set_up(void **state) {
    (void)state;
    return ctrace_set_global(probe_init(&listener)) != CTRACE_OK;
}

static int tear_down(void **state) {
    (void)state;
    const bool removed = ctrace_replace_global(NULL) == CTRACE_OK;
    return !(removed && probe_calls(&listener, PROBE_FREE) == 1);
}

static void use_scopes(int i) {
    TRACE_SPAN("one", ("i", i), ("text", "some text"));
    TRACE_SPAN_AS(two, "two", ("later", TRACE_EMPTY), ("ratio", 0.5));
    TRACE_BLOCK("three") {
        TRACE_FN(("i", i));
        TRACE_INFO("event", ("i", i), ("text", "text"));
        TRACE_WARNF("formatted %d", i);
        TRACE_INFO("where", ("name", ctrace_span_name(two)));
    }
}

static void no_allocation_in_steady_state(void **state) {
    (void)state;
    use_scopes(0);
    const size_t calls = allocator_calls();
    for (int i = 0; i < 1000; i++) {
        use_scopes(i);
    }
    assert_int_equal(allocator_calls(), calls);
    assert_int_equal(probe_calls(&listener, PROBE_CLOSE), 4 * 1001);
}

/* ---- Threads ---- */

/* ThreadSanitizer is slow in both, and follows calls to a depth of 65,536 only. */
#if defined(TEST_HAS_THREAD_SANITIZER)
enum { MANY_THREADS = 500, RECURSIONS = 10000 };
#else
enum { MANY_THREADS = 10000, RECURSIONS = 100000 };
#endif

static void *live_shortly(void *argument) {
    use_scopes(1);
    ctrace_span *span = TRACE_SPAN_NEW("left open");
    ctrace_span_enter(span);
    ctrace_span_unref(span);
    return argument;
}

static void run_a_thread(void) {
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, live_shortly, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static void threads_leave_nothing(void **state) {
    (void)state;
    run_a_thread();
    const size_t alive = allocator_alive();
    const ctrace_stats before = stats_now();
    for (int i = 0; i < MANY_THREADS; i++) {
        run_a_thread();
    }
    const ctrace_stats after = stats_now();
    assert_int_equal(allocator_alive(), alive);
    assert_int_equal(after.threads, before.threads);
    assert_int_equal(after.callsites, before.callsites);
    assert_int_equal(after.spans_repaired - before.spans_repaired, MANY_THREADS);
    assert_int_equal(probe_calls(&listener, PROBE_NEW), probe_calls(&listener, PROBE_CLOSE));
}

/* ---- Depth ---- */

static void descend(int levels) {
    TRACE_SPAN("level", ("levels", levels));
    if (levels > 1) {
        descend(levels - 1);
    } else {
        TRACE_INFO("at the bottom");
    }
}

static void *descend_far(void *argument) {
    descend(RECURSIONS);
    return argument;
}

static void depth_has_no_limit(void **state) {
    (void)state;
    pthread_attr_t attributes;
    pthread_t thread;
    const size_t alive = allocator_alive();
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstacksize(&attributes, (size_t)512 << 20), 0);
    assert_int_equal(pthread_create(&thread, &attributes, descend_far, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attributes);
    assert_int_equal(probe_calls(&listener, PROBE_NEW), RECURSIONS);
    assert_int_equal(probe_calls(&listener, PROBE_CLOSE), RECURSIONS);
    assert_int_equal(probe_calls(&listener, PROBE_EVENT), 1);
    assert_int_equal(allocator_alive(), alive);
}

/* A loop, not a recursion: entering is what is deep. */
static void entries_have_no_limit(void **state) {
    (void)state;
    ctrace_span *span = TRACE_SPAN_NEW("span");
    for (int i = 0; i < RECURSIONS; i++) {
        ctrace_span_enter(span);
    }
    for (int i = 0; i < RECURSIONS; i++) {
        ctrace_span_exit(span);
    }
    assert_null(ctrace_span_current());
    ctrace_span_unref(span);
    assert_int_equal(probe_calls(&listener, PROBE_EXIT), RECURSIONS);
    assert_int_equal(probe_calls(&listener, PROBE_CLOSE), 1);
}

#define WITH_LISTENER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    allocator_use();
    const struct CMUnitTest tests[] = {
        WITH_LISTENER(no_allocation_in_steady_state),
        WITH_LISTENER(threads_leave_nothing),
        WITH_LISTENER(depth_has_no_limit),
        WITH_LISTENER(entries_have_no_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

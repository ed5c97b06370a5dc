/* Emitting when nobody listens: before, after, at the end of threads and of the process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/probe.h"
#include "support/sanitized.h"
#include "support/sanitized.h"
#include "ctrace/testing.h"

static void emit_a_little(void) {
    TRACE_SPAN_AS(span, "work", ("i", 1), ("later", TRACE_EMPTY));
    TRACE_RECORD(span, ("later", "text"));
    TRACE_INFO("done", ("i", 2));
    ctrace_span *detached = TRACE_SPAN_NEW("detached");
    TRACE_IN(detached) {
        TRACE_WARNF("formatted %d", 3);
    }
    ctrace_span_unref(detached);
}

static void nobody_listens(void **state) {
    (void)state;
    const ctrace_stats before = stats_now();
    emit_a_little();
    ctrace_subscriber *seen = ctrace_capture_new(NULL);
    assert_int_equal(ctrace_set_global(ctrace_subscriber_ref(seen)), CTRACE_OK);
    emit_a_little();
    assert_int_equal(ctrace_shutdown(CTRACE_FOREVER), CTRACE_OK);
    assert_int_equal(ctrace_shutdown(0), CTRACE_OK);
    emit_a_little();
    CTRACE_ASSERT_COUNT(seen, CTRACE_CAPTURED_EVENT, NULL, 2);
    CTRACE_ASSERT_COUNT(seen, CTRACE_CAPTURED_NEW, NULL, 2);
    CTRACE_ASSERT_SPAN(seen, "work", ("later", "text"));
    assert_int_equal(ctrace_set_global(ctrace_subscriber_ref(seen)), CTRACE_OK);
    assert_int_equal(ctrace_set_global(ctrace_subscriber_ref(seen)), CTRACE_EALREADY);
    emit_a_little();
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
    CTRACE_ASSERT_COUNT(seen, CTRACE_CAPTURED_EVENT, NULL, 4);
    ctrace_subscriber_unref(seen);
    assert_int_equal(stats_now().events_lost, before.events_lost);
    assert_int_equal(stats_now().spans_lost, before.spans_lost);
}

/* ---- The end of the process, in a child ---- */

static ctrace_subscriber *at_exit;

static void last_handler(void) {
    emit_a_little(); /* still listening */
    _exit(ctrace_capture_count_of(at_exit, CTRACE_CAPTURED_EVENT, NULL) == 2 ? 0 : 1);
}

static void handler_after_shutdown(void) {
    emit_a_little();
    _exit(ctrace_capture_count(at_exit) == 0 ? 0 : 1);
}

static void shut_down(void) {
    ctrace_shutdown(CTRACE_FOREVER);
}

static int status_of_child(void (*first)(void), void (*second)(void)) {
    const pid_t child = fork();
    if (child == 0) {
        alarm(60);
        at_exit = ctrace_capture_new(NULL);
        if (ctrace_replace_global(ctrace_subscriber_ref(at_exit)) != CTRACE_OK) {
            _exit(2);
        }
        (void)atexit(first); /* runs before the library's own, which is there since then */
        if (second != NULL) {
            (void)atexit(second);
        }
        exit(3);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void handlers_at_exit_may_emit(void **state) {
    (void)state;
    assert_int_equal(status_of_child(last_handler, NULL), 0);
    assert_int_equal(status_of_child(handler_after_shutdown, shut_down), 0);
}

/* ---- The end of threads ---- */

static pthread_key_t early, late;
static int rounds_late;
static _Thread_local int rounds;

static void emit_at_once(void *argument) {
    (void)argument;
    emit_a_little();
}

/* Comes back in every round of destructors, and emits only in the last of `rounds_late`. */
static void emit_late(void *argument) {
    rounds += 1;
    if (rounds >= rounds_late) {
        emit_a_little();
    }
    if (rounds < (may_run_in_the_last_round() ? 4 : 3)) {
        pthread_setspecific(late, argument);
    }
}

static void *end_with_destructors(void *argument) {
    pthread_setspecific(early, argument);
    pthread_setspecific(late, argument);
    if (*(const int *)argument != 0) {
        emit_a_little();
    }
    return NULL;
}

/* `early` and `late` lie before and behind the library's own key: created before and after it. */
static void destructors_of_threads_may_emit(void **state) {
    (void)state;
    ctrace_subscriber *seen = ctrace_capture_new(NULL);
    assert_int_equal(ctrace_set_global(ctrace_subscriber_ref(seen)), CTRACE_OK);
    const ctrace_stats before = stats_now();
    for (rounds_late = 1; rounds_late <= 4; rounds_late++) {
        pthread_t thread;
        int emits_first = rounds_late % 2 + (rounds_late == 4);
        assert_int_equal(pthread_create(&thread, NULL, end_with_destructors, &emits_first), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
    }
    const ctrace_stats after = stats_now();
    assert_int_equal(after.threads, before.threads); /* nobody is remembered who is not there */
    const size_t heard = ctrace_capture_count_of(seen, CTRACE_CAPTURED_EVENT, "done") +
                         ctrace_capture_count_of(seen, CTRACE_CAPTURED_EVENT, "formatted 3");
    assert_true(heard >= 16);
    /* what came too late for the library to tidy up behind it is counted */
    assert_int_equal(heard + (after.events_lost - before.events_lost),
                     2 * (3 /* first */ + 4 /* early */ +
                          (may_run_in_the_last_round() ? 4 + 3 + 2 + 1 : 3 + 2 + 1) /* late */));
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK); /* looks at every thread */
    ctrace_subscriber_unref(seen);
}

static void *exit_inside_spans(void *argument) {
    (void)argument;
    ctrace_span *span = TRACE_SPAN_NEW("left entered");
    ctrace_span_enter(span);
    ctrace_span_unref(span);
    return NULL;
}

static void threads_that_end_inside_spans(void **state) {
    (void)state;
    ctrace_subscriber *seen = ctrace_capture_new(NULL);
    assert_int_equal(ctrace_set_global(ctrace_subscriber_ref(seen)), CTRACE_OK);
    const ctrace_stats before = stats_now();
    for (int i = 0; i < 10; i++) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, exit_inside_spans, NULL), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
    }
    CTRACE_ASSERT_COUNT(seen, CTRACE_CAPTURED_EXIT, "left entered", 10);
    CTRACE_ASSERT_COUNT(seen, CTRACE_CAPTURED_CLOSE, "left entered", 10);
    assert_int_equal(stats_now().spans_repaired - before.spans_repaired, 10);
    assert_int_equal(stats_now().threads, before.threads);
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
    ctrace_subscriber_unref(seen);
}

int main(void) {
    pthread_key_create(&early, emit_at_once);
    ctrace_thread_prepare();
    pthread_key_create(&late, emit_late);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_listens),
        cmocka_unit_test(handlers_at_exit_may_emit),
        cmocka_unit_test(destructors_of_threads_may_emit),
        cmocka_unit_test(threads_that_end_inside_spans),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

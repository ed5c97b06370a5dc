/* Forks: the child begins with empty rings, and reads for itself. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctrace/deferred.h"
#include "ctrace/trace.h"
#include "support/listener.h"
#include "support/probe.h"
#include "support/sanitized.h"

static bool went_well(pid_t child) {
    int status;
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}

/* In a child: how it went, by its exit status. */
static void leave(bool well) {
    _exit(well ? 0 : 1);
}

static listener ear;

static void each_delivers_its_own(void **state) {
    (void)state;
    ctrace_subscriber *deferred =
        ctrace_deferred_new(listener_init(&ear, false), &(ctrace_deferred_options){.manual = true});
    assert_int_equal(ctrace_replace_global(ctrace_subscriber_ref(deferred)), CTRACE_OK);
    ctrace_span *carried = TRACE_SPAN_NEW("carried");
    {
        TRACE_SPAN("outer", ("text", "from before"));
        TRACE_SPAN("inner");
        TRACE_INFO("before");
        const pid_t child = fork();
        if (child == 0) {
            TRACE_INFO("in the child");
            { TRACE_SPAN("own"); }
            ctrace_span_unref(carried);
            ctrace_deferred_poll(deferred);
            leave(strcmp(listener_heard(&ear), "+outer +outer/inner inner:in the child +inner/own "
                                               ">own <own -own ") == 0);
        }
        assert_true(went_well(child));
        TRACE_INFO("after");
    }
    ctrace_span_unref(carried);
    ctrace_deferred_poll(deferred);
    assert_string_equal(listener_heard(&ear), "+carried +outer >outer +outer/inner >inner "
                                              "inner:before inner:after <inner -inner <outer "
                                              "-outer -carried ");
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
    ctrace_subscriber_unref(deferred);
    assert_int_equal(ear.alive, 0);
}

/* A child that says nothing until it ends, or nothing at all. */
static void a_silent_child_ends_well(void **state) {
    (void)state;
    ctrace_subscriber *deferred = ctrace_deferred_new(listener_init(&ear, false), NULL);
    assert_int_equal(ctrace_replace_global(deferred), CTRACE_OK);
    TRACE_INFO("before");
    assert_int_equal(ctrace_flush(CTRACE_FOREVER), CTRACE_OK);
    const pid_t child = fork();
    if (child == 0) {
        leave(ctrace_shutdown(1000000000) == CTRACE_OK && ear.alive == 0);
    }
    assert_true(went_well(child));
    assert_int_equal(ctrace_shutdown(CTRACE_FOREVER), CTRACE_OK);
}

/* ---- In a handler ---- */

static pid_t forked;

static void fork_and_emit(int signal) {
    (void)signal;
    forked = fork();
    TRACE_INFO("of the handler");
}

static void interrupt(ctrace_buf *out, const void *object) {
    (void)object;
    raise(SIGUSR1);
    ctrace_buf_put(out, "text", 4);
}

static void work(void) {
    TRACE_SPAN("around");
    TRACE_INFO("interrupted", ("by", TRACE_LAZY(interrupt, NULL)));
    TRACE_INFO("after");
}

/* In the middle of emitting: what began before the fork is the parent's to deliver, and what the
 * child begins later is its own. The handler itself may not allocate a ring. */
static void a_handler_forks_while_something_is_emitted(void **state) {
    (void)state;
    ctrace_subscriber *deferred =
        ctrace_deferred_new(listener_init(&ear, false), &(ctrace_deferred_options){.manual = true});
    assert_int_equal(ctrace_replace_global(ctrace_subscriber_ref(deferred)), CTRACE_OK);
    signal(SIGUSR1, fork_and_emit);
    TRACE_INFO("before");
    work();
    if (forked == 0) {
        TRACE_INFO("in the child");
        ctrace_deferred_poll(deferred);
        leave(strcmp(listener_heard(&ear),
                     "+around around:after -around :in the child :lost 1 records ") == 0);
    }
    signal(SIGUSR1, SIG_DFL);
    assert_true(went_well(forked));
    ctrace_deferred_poll(deferred);
    assert_string_equal(listener_heard(&ear),
                        ":before +around >around around:interrupted around:of the handler "
                        "around:after <around -around ");
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
    ctrace_subscriber_unref(deferred);
    assert_int_equal(ear.alive, 0);
}

/* ---- Among threads ---- */

static probe counter;
static atomic_bool stop;

static void *emit(void *argument) {
    while (!atomic_load(&stop)) {
        TRACE_SPAN("around");
        TRACE_INFO("event", ("text", "with a text"));
    }
    return argument;
}

enum { FORKS = 50, CHILDS_EVENTS = 100 };

/* The reading thread may be anywhere when the process forks. */
static void children_start_a_thread_of_their_own(void **state) {
    (void)state;
    if (!may_start_threads_after_fork() || !may_allocate_after_fork()) {
        skip();
    }
    const ctrace_deferred_options options = {.policy = CTRACE_DEFERRED_BLOCK};
    assert_int_equal(ctrace_replace_global(ctrace_deferred_new(probe_init(&counter), &options)),
                     CTRACE_OK);
    pthread_t threads[2];
    atomic_store(&stop, false);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, emit, NULL), 0);
    }
    for (int i = 0; i < FORKS; i++) {
        const pid_t child = fork();
        if (child == 0) {
            alarm(20); /* what hangs is killed */
            const size_t before = probe_calls(&counter, PROBE_EVENT);
            for (int k = 0; k < CHILDS_EVENTS; k++) {
                TRACE_INFO("in the child", ("k", k));
            }
            while (probe_calls(&counter, PROBE_EVENT) - before < CHILDS_EVENTS) {
                /* nobody flushes: its own thread does it */
            }
            TRACE_INFO("the last");
            const bool flushed = ctrace_shutdown(CTRACE_FOREVER) == CTRACE_OK;
            leave(flushed && probe_calls(&counter, PROBE_EVENT) - before == CHILDS_EVENTS + 1);
        }
        assert_true(went_well(child));
    }
    atomic_store(&stop, true);
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(ctrace_shutdown(CTRACE_FOREVER), CTRACE_OK);
    assert_int_equal(probe_calls(&counter, PROBE_NEW), probe_calls(&counter, PROBE_CLOSE));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_delivers_its_own),
        cmocka_unit_test(a_silent_child_ends_well),
        cmocka_unit_test(a_handler_forks_while_something_is_emitted),
        cmocka_unit_test(children_start_a_thread_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

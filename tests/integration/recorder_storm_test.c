/* Storms of signals, threads and forks, over the flight recorder and the queue together: nothing is
 * lost that is not counted, and nothing is mixed up. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctrace/deferred.h"
#include "ctrace/filter.h"
#include "ctrace/trace.h"
#include "support/probe.h"
#include "support/recorded.h"
#include "support/sanitized.h"

#if defined(TEST_HAS_THREAD_SANITIZER) || defined(TEST_HAS_ADDRESS_SANITIZER)
enum { SIGNALS = 4000, SHORT_THREADS = 4000, FORKS = 60 };
#else
enum { SIGNALS = 10000, SHORT_THREADS = 100000, FORKS = 400 };
#endif

static char folder[] = "/tmp/ctrace-storm-XXXXXX";

static const char *in_folder(const char *name) {
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* ---- Who listens ---- */

static atomic_ullong heard;

static void count_event(ctrace_subscriber *self, const ctrace_event *event,
                        const ctrace_moment *moment) {
    (void)self, (void)moment;
    if (ctrace_fields_find(ctrace_event_fields(event), "lost") == NULL) {
        atomic_fetch_add(&heard, 1);
    }
}

static const ctrace_subscriber_ops counting = {.size = sizeof counting, .on_event = count_event};
static ctrace_subscriber counter;

static void listen(ctrace_subscriber *recorder) {
    assert_non_null(recorder);
    ctrace_subscriber_init(&counter, &counting);
    atomic_store(&heard, 0);
    ctrace_subscriber *both[] = {ctrace_deferred_new(&counter, NULL), recorder};
    assert_int_equal(ctrace_replace_global(ctrace_tee_new(both, 2)), CTRACE_OK);
    assert_int_equal(ctrace_thread_prepare(), CTRACE_OK);
}

/* ---- Signals ---- */

static atomic_uint handled;
static atomic_bool over;

static void on_signal(int number) {
    TRACE_INFO("from a handler", ("number", number));
    atomic_fetch_add(&handled, 1);
}

static void *send_signals(void *argument) {
    const pthread_t target = *(const pthread_t *)argument;
    for (unsigned i = 0; i < SIGNALS; i++) {
        pthread_kill(target, SIGPROF);
        while (atomic_load(&handled) <= i) {
        }
    }
    atomic_store(&over, true);
    return NULL;
}

/* Inside malloc(), inside spans that begin and end, inside events. Returns how many. */
static uint64_t work(void) {
    void *volatile rooms[16] = {NULL};
    uint64_t events = 0;
    for (; !atomic_load(&over); events++) {
        TRACE_SPAN("round", ("events", events));
        free(rooms[events % 16]);
        rooms[events % 16] = malloc(16 + events % 5000);
        TRACE_INFO("work", ("thread", 0), ("i", events), ("text", "of the program"));
    }
    for (unsigned i = 0; i < 16; i++) {
        free(rooms[i]);
    }
    return events;
}

static void a_storm_of_signals(void **state) {
    (void)state;
    const ctrace_recorder_options options = {
        .mode = CTRACE_RECORDER_GROW, .max_bytes = 128u << 20, .thread_bytes = 1u << 20};
    const ctrace_stats before = stats_now();
    const pthread_t self = pthread_self();
    pthread_t sender;
    recorded seen;
    listen(ctrace_recorder_new(in_folder("signals"), &options));
    signal(SIGPROF, on_signal);
    assert_int_equal(pthread_create(&sender, NULL, send_signals, (void *)(uintptr_t)&self), 0);
    const uint64_t emitted = work() + SIGNALS;
    pthread_join(sender, NULL);
    assert_int_equal(ctrace_shutdown(CTRACE_FOREVER), CTRACE_OK);
    const ctrace_stats after = stats_now();
    assert_int_equal(recorded_read(in_folder("signals"), &seen), CTRACE_OK);
    const uint64_t lost = (uint64_t)(after.events_lost - before.events_lost);
    const uint64_t nested = (uint64_t)(after.reentrant_events - before.reentrant_events);
    assert_int_equal(seen.events + atomic_load(&heard) + lost + 2 * nested, 2 * emitted);
    assert_false(seen.backwards);
    assert_true(lost != 0 || seen.disordered == 0);
    unlink(in_folder("signals"));
}

/* ---- Threads ---- */

static void *emit_one(void *argument) {
    TRACE_INFO("short", ("thread", 0), ("i", *(const unsigned *)argument));
    return NULL;
}

static void many_short_threads(void **state) {
    (void)state;
    const ctrace_recorder_options options = {.max_bytes = 4u << 20, .thread_bytes = 64 << 10};
    const ctrace_stats before = stats_now();
    recorded seen;
    listen(ctrace_recorder_new(in_folder("threads"), &options));
    for (unsigned i = 0; i < SHORT_THREADS; i++) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, emit_one, &i), 0);
        pthread_join(thread, NULL);
    }
    assert_int_equal(ctrace_shutdown(CTRACE_FOREVER), CTRACE_OK);
    const ctrace_stats after = stats_now();
    const uint64_t lost = (uint64_t)(after.events_lost - before.events_lost);
    /* the queue loses some where its reader is slow: all rings together have their bound */
    assert_int_equal(atomic_load(&heard) + lost, SHORT_THREADS);
    assert_int_equal(recorded_read(in_folder("threads"), &seen), CTRACE_OK);
    assert_true(seen.events > SHORT_THREADS / 10 && seen.events == seen.threads);
    /* the first threads had a segment each, which are overwritten one after the other */
    assert_true(seen.disordered < (4u << 20) / (8 << 10));
    assert_false(seen.backwards);
    unlink(in_folder("threads"));
}

/* ---- Forks ---- */

static void *emit_until_it_is_over(void *argument) {
    const unsigned thread = (unsigned)(uintptr_t)argument;
    for (unsigned i = 0; !atomic_load(&over); i++) {
        TRACE_SPAN("step", ("of", thread));
        TRACE_INFO("event", ("thread", thread), ("i", i));
    }
    return NULL;
}

static void check_child(pid_t child) {
    char name[32];
    recorded seen;
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    snprintf(name, sizeof name, "forks-%ld", (long)child);
    assert_int_equal(recorded_read(in_folder(name), &seen), CTRACE_OK);
    assert_int_equal(seen.events, 10);
    assert_int_equal(seen.disordered, 0);
    unlink(in_folder(name));
}

static pid_t fork_and_emit(void) {
    const pid_t child = fork();
    if (child == 0) {
        for (unsigned i = 0; i < 10; i++) {
            TRACE_INFO("in a child", ("thread", 9), ("i", i));
        }
        _exit(0);
    }
    return child;
}

static void a_storm_of_forks(void **state) {
    enum { THREADS = 3 };
    (void)state;
    if (!may_allocate_after_fork()) {
        skip();
    }
    const ctrace_recorder_options options = {.max_bytes = 2u << 20, .thread_bytes = 128 << 10};
    pthread_t threads[THREADS];
    char name[32];
    recorded seen;
    atomic_store(&over, false);
    assert_int_equal(ctrace_replace_global(ctrace_recorder_new(in_folder("forks-%p"), &options)),
                     CTRACE_OK);
    for (uintptr_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, emit_until_it_is_over, (void *)i), 0);
    }
    for (unsigned i = 0; i < FORKS; i++) {
        TRACE_SPAN("around a fork");
        TRACE_INFO("before a fork", ("thread", 10), ("i", i));
        check_child(fork_and_emit());
    }
    atomic_store(&over, true);
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(ctrace_shutdown(CTRACE_FOREVER), CTRACE_OK);
    snprintf(name, sizeof name, "forks-%ld", (long)getpid());
    assert_int_equal(recorded_read(in_folder(name), &seen), CTRACE_OK);
    assert_int_equal(seen.disordered, 0);
    unlink(in_folder(name));
}

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_folder(void **state) {
    (void)state;
    return rmdir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_storm_of_signals),
        cmocka_unit_test(many_short_threads),
        cmocka_unit_test(a_storm_of_forks),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

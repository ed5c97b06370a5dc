/* Deferred subscribers among threads. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "ctrace/context.h"
#include "ctrace/deferred.h"
#include "ctrace/trace.h"
#include "support/probe.h"

enum { THREADS = 4, EVENTS = 20000, SHORT_THREADS = 3000 };

/* ---- A subscriber that checks what it is given ---- */

typedef struct checker {
    ctrace_subscriber base;
    uint64_t next[THREADS]; /* the sequence number each thread should be at, or beyond */
    uint64_t heard;         /* events that were numbered */
    uint64_t told;          /* lost, as the stream says */
    uint64_t last_time;
    uint64_t out_of_order; /* numbers that were behind */
    uint64_t outside;      /* events that were not in their thread's span */
    atomic_bool stuck;     /* stay in the callback */
    atomic_bool reached;
    uint64_t backwards; /* time, by more than a record can be late */
} checker;

static void check_event(ctrace_subscriber *subscriber, const ctrace_event *event,
                        const ctrace_moment *moment) {
    checker *self = (checker *)subscriber;
    const ctrace_fields *fields = ctrace_event_fields(event);
    const ctrace_value *lost = ctrace_fields_find(fields, "lost");
    atomic_store(&self->reached, true);
    while (atomic_load(&self->stuck)) {
        cti_sleep_ns(100000);
    }
    if (lost != NULL) {
        self->told += lost->as.u64;
        return;
    }
    const uint64_t thread = (uint64_t)ctrace_fields_value(fields, 0)->as.i64;
    const uint64_t number = (uint64_t)ctrace_fields_value(fields, 1)->as.i64;
    const ctrace_span *span = ctrace_event_span(event, subscriber);
    const uint64_t time = ctrace_moment_monotonic_ns(moment);
    self->out_of_order += number < self->next[thread] ? 1 : 0;
    self->next[thread] = number + 1;
    self->heard += 1;
    self->backwards += time < self->last_time ? 1 : 0;
    self->last_time = time;
    if (span == NULL ||
        ctrace_fields_value(ctrace_span_fields(span), 0)->as.i64 != (int64_t)thread) {
        self->outside += 1;
    }
}

static const ctrace_subscriber_ops ops = {.size = sizeof ops, .on_event = check_event};
static checker check;

static void listen(const ctrace_deferred_options *options) {
    memset(&check, 0, sizeof check);
    ctrace_subscriber_init(&check.base, &ops);
    ctrace_subscriber *deferred = ctrace_deferred_new(&check.base, options);
    assert_non_null(deferred);
    assert_int_equal(ctrace_replace_global(deferred), CTRACE_OK);
}

static void stop(void) {
    assert_int_equal(ctrace_shutdown(CTRACE_FOREVER), CTRACE_OK);
}

/* ---- Several threads ---- */

static void *emit_numbers(void *argument) {
    const int thread = *(const int *)argument;
    TRACE_SPAN("thread", ("thread", thread));
    for (int i = 0; i < EVENTS; i++) {
        if (i % 7 == 0) {
            TRACE_SPAN("inner", ("thread", thread));
            TRACE_INFO("event", ("thread", thread), ("i", i), ("text", "some text"));
        } else {
            TRACE_INFO("event", ("thread", thread), ("i", i));
        }
    }
    return NULL;
}

static void run_threads(void) {
    static int numbers[THREADS] = {0, 1, 2, 3};
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, emit_numbers, &numbers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
}

static void all_comes_through_in_order(void **state) {
    (void)state;
    const ctrace_stats before = stats_now();
    listen(&(ctrace_deferred_options){
        .policy = CTRACE_DEFERRED_BLOCK, .ring_bytes = 16384, .block_timeout_ns = 60000000000});
    run_threads();
    stop();
    assert_int_equal(check.heard, THREADS * EVENTS);
    assert_int_equal(check.out_of_order, 0);
    assert_int_equal(check.outside, 0);
    assert_int_equal(stats_now().events_lost, before.events_lost);
    assert_int_equal(stats_now().spans_lost, before.spans_lost);
}

static void what_is_dropped_adds_up(void **state) {
    (void)state;
    const ctrace_stats before = stats_now();
    listen(&(ctrace_deferred_options){.ring_bytes = 4096});
    run_threads();
    stop();
    const ctrace_stats after = stats_now();
    assert_int_equal(check.heard + (after.events_lost - before.events_lost), THREADS * EVENTS);
    assert_int_equal(check.told,
                     after.events_lost - before.events_lost + after.spans_lost - before.spans_lost);
    assert_int_equal(check.out_of_order, 0);
}

static void growing_keeps_all(void **state) {
    (void)state;
    const ctrace_stats before = stats_now();
    listen(&(ctrace_deferred_options){.policy = CTRACE_DEFERRED_GROW, .ring_bytes = 4096});
    run_threads();
    stop();
    assert_int_equal(check.heard, THREADS * EVENTS);
    assert_int_equal(check.outside, 0);
    assert_int_equal(stats_now().events_lost, before.events_lost);
}

/* ---- Threads that come and go ---- */

static void *emit_once(void *argument) {
    const int number = *(const int *)argument;
    TRACE_SPAN("short", ("thread", 0));
    TRACE_INFO("once", ("thread", 0), ("i", number));
    return NULL;
}

static void what_a_thread_left_is_delivered(void **state) {
    (void)state;
    const ctrace_stats before = stats_now();
    listen(NULL);
    for (int i = 0; i < SHORT_THREADS; i++) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, emit_once, &i), 0);
        pthread_join(thread, NULL);
    }
    stop();
    assert_int_equal(check.heard, SHORT_THREADS);
    assert_int_equal(check.outside, 0);
    assert_int_equal(check.out_of_order, 0);
    assert_int_equal(check.backwards, 0); /* each one was joined before the next began */
    assert_int_equal(stats_now().events_lost, before.events_lost);
}

/* A thread outlives several deferred subscribers, and the other way round. */
static void one_after_the_other(void **state) {
    (void)state;
    for (int i = 0; i < 20; i++) {
        listen(NULL);
        TRACE_SPAN("here", ("thread", 1));
        TRACE_INFO("event", ("thread", 1), ("i", i));
        stop();
        assert_int_equal(check.heard, 1);
    }
}

/* ---- Spans that go from thread to thread ---- */

static probe journal;

static void *carry(void *argument) {
    ctrace_span *span = argument;
    TRACE_IN(span) {
        TRACE_INFO("over there");
    }
    ctrace_span_unref(span);
    return NULL;
}

static void spans_close_on_other_threads(void **state) {
    (void)state;
    const ctrace_stats before = stats_now();
    assert_int_equal(
        ctrace_replace_global(ctrace_deferred_new(
            probe_init(&journal), &(ctrace_deferred_options){.policy = CTRACE_DEFERRED_BLOCK})),
        CTRACE_OK);
    enum { SPANS = 200 };
    for (int i = 0; i < SPANS; i++) {
        pthread_t thread;
        ctrace_span *span = TRACE_SPAN_NEW("carried", ("i", i));
        TRACE_IN(span) {
            assert_int_equal(pthread_create(&thread, NULL, carry, ctrace_span_ref(span)), 0);
        }
        ctrace_span_unref(span);
        pthread_join(thread, NULL);
    }
    stop();
    assert_int_equal(probe_calls(&journal, PROBE_NEW), SPANS);
    assert_int_equal(probe_calls(&journal, PROBE_CLOSE), SPANS);
    assert_int_equal(probe_calls(&journal, PROBE_ENTER), 2 * SPANS);
    assert_int_equal(probe_calls(&journal, PROBE_EXIT), 2 * SPANS);
    assert_int_equal(probe_calls(&journal, PROBE_EVENT), SPANS);
    assert_int_equal(stats_now().spans_lost, before.spans_lost);
}

/* ---- A subscriber that does not return ---- */

static void a_stuck_subscriber_holds_up_nobody(void **state) {
    (void)state;
    listen(&(ctrace_deferred_options){
        .policy = CTRACE_DEFERRED_BLOCK, .block_timeout_ns = 10000000, .ring_bytes = 4096});
    atomic_store(&check.stuck, true);
    const ctrace_stats before = stats_now();
    for (int i = 0; i < EVENTS; i++) {
        TRACE_INFO("event", ("thread", 0), ("i", i));
        while (i == 0 && !atomic_load(&check.reached)) {
            cti_sleep_ns(100000);
        }
    }
    assert_true(stats_now().events_lost > before.events_lost);
    assert_int_equal(ctrace_flush(1000000), CTRACE_ETIMEDOUT);
    atomic_store(&check.stuck, false);
    stop();
    assert_int_equal(check.heard + stats_now().events_lost - before.events_lost, EVENTS);
}

/* ---- Waking and sleeping ---- */

#if defined(__linux__)
#include <dirent.h>

/* How often the thread of that name has gone to sleep by itself, or -1. */
static long sleeps_of(const char *name) {
    char path[300], line[128];
    DIR *tasks = opendir("/proc/self/task");
    const struct dirent *task;
    long sleeps = -1;
    while (tasks != NULL && (task = readdir(tasks)) != NULL) {
        snprintf(path, sizeof path, "/proc/self/task/%.20s/status", task->d_name);
        FILE *file = fopen(path, "r");
        bool found = false;
        while (file != NULL && fgets(line, sizeof line, file) != NULL) {
            found = found || (strncmp(line, "Name:\t", 6) == 0 &&
                              strncmp(line + 6, name, strlen(name)) == 0);
            if (found) {
                sscanf(line, "voluntary_ctxt_switches: %ld", &sleeps);
            }
        }
        if (file != NULL) {
            fclose(file);
        }
    }
    if (tasks != NULL) {
        closedir(tasks);
    }
    return sleeps;
}

static void it_sleeps_when_there_is_nothing_to_do(void **state) {
    (void)state;
    listen(&(ctrace_deferred_options){.thread_name = "sleeper"});
    TRACE_INFO("event", ("thread", 0), ("i", 0));
    while (!atomic_load(&check.reached)) { /* nobody flushes: it is woken by the record */
        cti_sleep_ns(100000);
    }
    long before = -2, now = -1;
    for (int i = 0; i < 100 && before != now; i++) { /* until it has gone to sleep for good */
        before = now;
        cti_sleep_ns(20000000);
        now = sleeps_of("sleeper");
    }
    assert_true(now > 0);
    cti_sleep_ns(300000000);
    assert_int_equal(sleeps_of("sleeper"), now);
    atomic_store(&check.reached, false);
    TRACE_INFO("event", ("thread", 0), ("i", 1));
    while (!atomic_load(&check.reached)) {
        cti_sleep_ns(100000);
    }
    stop();
    assert_int_equal(check.heard, 2);
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_comes_through_in_order),
        cmocka_unit_test(what_is_dropped_adds_up),
        cmocka_unit_test(growing_keeps_all),
        cmocka_unit_test(what_a_thread_left_is_delivered),
        cmocka_unit_test(one_after_the_other),
        cmocka_unit_test(spans_close_on_other_threads),
        cmocka_unit_test(a_stuck_subscriber_holds_up_nobody),
#if defined(__linux__)
        cmocka_unit_test(it_sleeps_when_there_is_nothing_to_do),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

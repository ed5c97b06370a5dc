/* What a queue's options say is done, or refused. */
#include "support/test.h"

#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#if defined(__linux__)
#include <sched.h>
#endif

#include "base/clock.h"
#include "compose/deferred.h"
#include "support/probe.h"
#include "support/sanitized.h"

static probe ear;

static ctrace_subscriber *deferred_with(const ctrace_deferred_options *options) {
    return ctrace_deferred_new(probe_init(&ear), options);
}

static cti_deferred *listen(const ctrace_deferred_options *options) {
    ctrace_subscriber *deferred = deferred_with(options);
    assert_non_null(deferred);
    assert_int_equal(ctrace_set_global(deferred), CTRACE_OK);
    return cti_deferred_of(deferred);
}

static void stop(void) {
    assert_int_equal(ctrace_shutdown(CTRACE_FOREVER), CTRACE_OK);
    assert_int_equal(probe_calls(&ear, PROBE_FREE), 1);
}

static void refused_for(const ctrace_deferred_options *options, const char *one,
                        const char *other) {
    assert_null(deferred_with(options));
    assert_int_equal(probe_calls(&ear, PROBE_FREE), 1);
    assert_non_null(strstr(ctrace_last_error(), one));
    assert_non_null(strstr(ctrace_last_error(), other));
}

static size_t ring_of_this_thread(cti_deferred *deferred) {
    return cti_ring_capacity(cti_source_find(deferred, &cti_self)->rings[CTI_LANE_OWN]);
}

/* ---- Bytes ---- */

static void what_does_not_fit_is_refused(void **state) {
    (void)state;
    refused_for(&(ctrace_deferred_options){.ring_bytes = 1048576, .max_bytes = 1000000},
                "options.ring_bytes is 1048576", "options.max_bytes, 1000000");
    refused_for(&(ctrace_deferred_options){.ring_bytes = SIZE_MAX}, "options.ring_bytes", "more");
    refused_for(&(ctrace_deferred_options){.ring_bytes = SIZE_MAX, .max_bytes = SIZE_MAX},
                "options.ring_bytes", "more");
    refused_for(&(ctrace_deferred_options){.max_bytes = 1000}, "options.max_bytes is 1000",
                "a thread takes");
}

/* A ring as large as the default of all together. */
static void what_is_not_said_gives_way(void **state) {
    (void)state;
    const size_t large = (size_t)64 << 20;
    cti_deferred *deferred =
        listen(&(ctrace_deferred_options){.manual = true, .ring_bytes = large});
    TRACE_INFO("has room");
    assert_int_equal(ring_of_this_thread(deferred), large);
    assert_true(deferred->options.max_bytes > 16 * large);
    stop();
    assert_int_equal(probe_calls(&ear, PROBE_EVENT), 1);
    deferred = listen(&(ctrace_deferred_options){.manual = true, .max_bytes = 100000});
    TRACE_INFO("has room");
    assert_int_equal(ring_of_this_thread(deferred), 32768);
    stop();
    assert_int_equal(probe_calls(&ear, PROBE_EVENT), 1);
}

/* ---- Many threads ---- */

enum { THREADS = 40, MAX_BYTES = 1310720 };

static pthread_barrier_t all_have_emitted;
static cti_deferred *shared;
static size_t rings[THREADS];

static void *emit_and_stay(void *argument) {
    size_t *ret_ring = argument;
    TRACE_INFO("one of many");
    const cti_source *source = cti_source_find(shared, &cti_self);
    const size_t ring = source == NULL ? 0 : cti_ring_capacity(source->rings[CTI_LANE_OWN]);
    cti_store_release(ret_ring, ring);
    pthread_barrier_wait(&all_have_emitted);
    return NULL;
}

/* One after the other, but all of them live until the last has emitted. */
static void run_many(void) {
    pthread_t threads[THREADS];
    pthread_barrier_init(&all_have_emitted, NULL, THREADS + 1);
    for (int i = 0; i < THREADS; i++) {
        rings[i] = SIZE_MAX;
        assert_int_equal(pthread_create(&threads[i], NULL, emit_and_stay, &rings[i]), 0);
        while (cti_load_acquire(&rings[i]) == SIZE_MAX) {
            cti_sleep_ns(10000);
        }
    }
    pthread_barrier_wait(&all_have_emitted);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    pthread_barrier_destroy(&all_have_emitted);
}

/* By default from half of the memory on … */
static void later_threads_have_smaller_rings(void **state) {
    (void)state;
    const ctrace_stats before = stats_now();
    shared = listen(&(ctrace_deferred_options){.manual = true, .max_bytes = MAX_BYTES});
    run_many();
    assert_int_equal(rings[0], 131072);
    assert_int_equal(rings[3], 131072);
    assert_int_equal(rings[4], 4096);
    assert_int_equal(rings[THREADS - 1], 4096);
    stop();
    assert_int_equal(probe_calls(&ear, PROBE_EVENT), THREADS);
    assert_int_equal(stats_now().events_lost, before.events_lost);
}

/* … and when a size was said, only when there is no room for another one. */
static void a_size_that_was_said_is_kept_to(void **state) {
    (void)state;
    shared = listen(
        &(ctrace_deferred_options){.manual = true, .ring_bytes = 131072, .max_bytes = MAX_BYTES});
    run_many();
    assert_int_equal(rings[0], 131072);
    assert_int_equal(rings[5], 131072);
    assert_int_equal(rings[6], 4096);
    stop();
}

/* What finds no memory for a ring is counted, told, and no obstacle to those who come later. */
static void threads_too_many_are_a_loss(void **state) {
    (void)state;
    const ctrace_stats before = stats_now();
    shared = listen(&(ctrace_deferred_options){.manual = true, .max_bytes = 200000});
    run_many();
    const uint64_t lost = stats_now().events_lost - before.events_lost;
    assert_in_range(lost, 1, THREADS - 8);
    assert_int_equal(rings[THREADS - 1], 0);
    assert_int_equal(ctrace_flush(CTRACE_FOREVER), CTRACE_OK); /* and the rings are given back */
    assert_int_equal(probe_calls(&ear, PROBE_EVENT), THREADS - lost + 1); /* that tells */
    TRACE_INFO("has room again");
    stop();
    assert_int_equal(probe_calls(&ear, PROBE_EVENT), THREADS - lost + 2);
    assert_int_equal(stats_now().events_lost - before.events_lost, lost);
}

enum { MANY = 1000 };

static void *count_faults(void *ret_faults) {
    struct rusage begin, end;
    TRACE_INFO("there is no room");
    getrusage(RUSAGE_SELF, &begin);
    for (int i = 0; i < MANY; i++) {
        TRACE_INFO("nor is there now");
    }
    getrusage(RUSAGE_SELF, &end);
    *(long *)ret_faults = end.ru_minflt - begin.ru_minflt;
    return NULL;
}

/* It asks with each event: that must not map memory each time. */
static void a_thread_without_a_ring_is_no_burden(void **state) {
    (void)state;
    const ctrace_stats before = stats_now();
    long faults;
    pthread_t thread;
    listen(&(ctrace_deferred_options){.manual = true, .max_bytes = 13000});
    TRACE_INFO("has a ring");
    assert_int_equal(pthread_create(&thread, NULL, count_faults, &faults), 0);
    pthread_join(thread, NULL);
    stop();
    assert_int_equal(stats_now().events_lost - before.events_lost, MANY + 1);
    if (!is_sanitized()) { /* which maps memory of its own */
        assert_in_range(faults, 0, MANY / 10);
    }
}

/* ---- The processor ---- */

static void one_that_cannot_be_had_is_refused(void **state) {
    (void)state;
    refused_for(&(ctrace_deferred_options){.cpu = 100000}, "options.cpu", "");
    refused_for(&(ctrace_deferred_options){.cpu = 4000}, "options.cpu", "");
}

#if defined(__linux__)

static cpu_set_t seen;

static void look(probe *self, probe_callback callback, ctrace_span *span) {
    (void)self, (void)span;
    if (callback == PROBE_EVENT) {
        sched_getaffinity(0, sizeof seen, &seen);
    }
}

static void the_thread_keeps_to_the_processor(void **state) {
    (void)state;
    cpu_set_t all;
    assert_int_equal(sched_getaffinity(0, sizeof all, &all), 0);
    for (unsigned i = 0; i < CPU_SETSIZE; i++) {
        if (CPU_ISSET(i, &all)) {
            listen(&(ctrace_deferred_options){.cpu = i + 1});
            ear.hook = look;
            TRACE_INFO("where is this heard?");
            stop();
            assert_int_equal(CPU_COUNT(&seen), 1);
            assert_true(CPU_ISSET(i, &seen));
        }
    }
    cpu_set_t after;
    assert_int_equal(sched_getaffinity(0, sizeof after, &after), 0);
    assert_true(CPU_EQUAL(&all, &after)); /* this thread's own are as they were */
}

#endif

/* ---- The latency ---- */

static void wait_for_events(size_t count) {
    while (probe_calls(&ear, PROBE_EVENT) < count) {
        cti_sleep_ns(100000);
    }
}

static void wait_for_sleep(cti_deferred *deferred, cti_sleep how) {
    while (cti_load_acquire(&deferred->wakeup.sleeping) != (uint32_t)how) {
        cti_sleep_ns(100000);
    }
}

/* After the first event the thread sleeps for as long as the next may take to be delivered. */
static void the_latency_is_how_long_records_may_wait(void **state) {
    (void)state;
    cti_deferred *deferred =
        listen(&(ctrace_deferred_options){.latency_ns = UINT64_C(3600000000000)});
    TRACE_INFO("wakes the thread");
    wait_for_events(1);
    wait_for_sleep(deferred, CTI_SLEEP_LIGHT);
    TRACE_INFO("may wait for an hour");
    cti_sleep_ns(30000000); /* many times the default */
    assert_int_equal(probe_calls(&ear, PROBE_EVENT), 1);
    stop();
    assert_int_equal(probe_calls(&ear, PROBE_EVENT), 2);
    deferred = listen(&(ctrace_deferred_options){.latency_ns = 1000000});
    TRACE_INFO("wakes the thread");
    wait_for_events(1);
    TRACE_INFO("comes by itself");
    wait_for_events(2);
    wait_for_sleep(deferred, CTI_SLEEP_DEEP); /* there was nothing when it looked again */
    stop();
}

static const struct CMUnitTest tests[] = {
    TEST(what_does_not_fit_is_refused),
    TEST(what_is_not_said_gives_way),
    TEST(later_threads_have_smaller_rings),
    TEST(a_size_that_was_said_is_kept_to),
    TEST(threads_too_many_are_a_loss),
    TEST(a_thread_without_a_ring_is_no_burden),
    TEST(one_that_cannot_be_had_is_refused),
#if defined(__linux__)
    TEST(the_thread_keeps_to_the_processor),
#endif
    TEST(the_latency_is_how_long_records_may_wait),
};

int main(void) {
    return cmocka_run_group_tests(tests, NULL, NULL);
}

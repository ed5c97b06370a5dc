#include "support/test.h"

#include <pthread.h>

#include "core/registry.h"
#include "support/probe.h"

static void taken_once_by_a_thread(void **state) {
    (void)state;
    assert_true(cti_registry_take());
    assert_false(cti_registry_take()); /* held already: not to be given back twice */
    cti_registry_give();
    assert_true(cti_registry_take());
    cti_registry_give();
}

enum { THREADS = 4, ROUNDS = 10000 };
static int inside, total;

static void *take_turns(void *argument) {
    for (int i = 0; i < ROUNDS; i++) {
        const bool taken = cti_registry_take();
        inside += 1;
        total += taken && inside == 1;
        inside -= 1;
        cti_registry_give();
    }
    return argument;
}

static void threads_take_turns(void **state) {
    (void)state;
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, take_turns, NULL), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(total, THREADS * ROUNDS);
}

static void roster_taken_once_by_a_thread(void **state) {
    (void)state;
    assert_true(cti_roster_take());
    assert_false(cti_roster_take()); /* as in a handler that interrupted its holder */
    cti_roster_give();
    assert_true(cti_registry_take());
    assert_true(cti_roster_take()); /* it is another one */
    cti_roster_give();
    cti_registry_give();
}

static void *hold_and_prepare(void *unused) {
    assert_true(cti_roster_take());
    assert_int_equal(ctrace_thread_prepare(), CTRACE_ENOMEM);
    cti_roster_give();
    assert_int_equal(ctrace_thread_prepare(), CTRACE_OK);
    return unused;
}

/* A handler that interrupted whoever holds the roster: it does not wait. */
static void first_event_where_the_roster_is_held(void **state) {
    (void)state;
    const uint64_t threads = stats_now().threads;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, hold_and_prepare, NULL), 0);
    pthread_join(thread, NULL);
    assert_int_equal(stats_now().threads, threads);
}

RUN(TEST(taken_once_by_a_thread), TEST(threads_take_turns), TEST(roster_taken_once_by_a_thread),
    TEST(first_event_where_the_roster_is_held))

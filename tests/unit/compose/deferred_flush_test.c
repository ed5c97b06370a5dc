/* Flushing keeps its time, whatever the subscriber behind the queue does. Here that one stays in
 * its callback until the test lets it go: what returns before that was not held up by it. */
#include "support/test.h"

#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>

#include "base/clock.h"
#include "ctrace/deferred.h"
#include "support/probe.h"

enum { SHORT_NS = 1000000, LONGEST_TEST_S = 100 };

static const uint64_t AN_HOUR_NS = UINT64_C(3600000000000);

typedef struct gate {
    ctrace_subscriber base;
    atomic_uint heard;
    atomic_bool closed; /* stay in the callback, until … */
    sem_t opened;       /* … this is posted */
    atomic_bool freed;
    pthread_t thread; /* that called last */
} gate;

static void hear(ctrace_subscriber *subscriber, const ctrace_event *event,
                 const ctrace_moment *moment) {
    gate *self = (gate *)subscriber;
    (void)event, (void)moment;
    self->thread = pthread_self();
    while (atomic_load(&self->closed) && sem_wait(&self->opened) != 0) {
    }
    atomic_fetch_add(&self->heard, 1);
}

static void note_freed(ctrace_subscriber *subscriber) {
    atomic_store(&((gate *)subscriber)->freed, true);
}

static void listen(gate *self, const ctrace_deferred_options *options) {
    static const ctrace_subscriber_ops ops = {
        .size = sizeof ops, .on_event = hear, .free = note_freed};
    alarm(LONGEST_TEST_S);
    *self = (gate){.heard = 0};
    sem_init(&self->opened, 0, 0);
    ctrace_subscriber_init(&self->base, &ops);
    assert_int_equal(ctrace_set_global(ctrace_deferred_new(&self->base, options)), CTRACE_OK);
}

static void open_gate(gate *self) {
    atomic_store(&self->closed, false);
    sem_post(&self->opened);
}

/* It is given back at some flush or other, when nobody uses it any more. */
static void wait_until_freed(gate *self) {
    while (!atomic_load(&self->freed)) {
        ctrace_flush(0);
        cti_sleep_ns(SHORT_NS);
    }
    sem_destroy(&self->opened);
    alarm(0);
}

static void stop(gate *self) {
    assert_int_equal(ctrace_shutdown(CTRACE_FOREVER), CTRACE_OK);
    wait_until_freed(self);
}

/* The thread has read something and sleeps for an hour: nobody is held up but who reads next. */
static void listen_with_a_sleeper(gate *self) {
    listen(self, &(ctrace_deferred_options){.latency_ns = AN_HOUR_NS});
    TRACE_INFO("first");
    while (atomic_load(&self->heard) == 0) {
        cti_sleep_ns(SHORT_NS);
    }
}

static void flushing_is_not_held_up(void **state) {
    (void)state;
    static gate ear;
    listen_with_a_sleeper(&ear);
    atomic_store(&ear.closed, true);
    TRACE_INFO("stays");
    assert_int_equal(ctrace_flush(SHORT_NS), CTRACE_ETIMEDOUT);
    assert_int_equal(ctrace_flush(0), CTRACE_ETIMEDOUT);
    assert_true(atomic_load(&ear.heard) == 1); /* it is inside still */
    open_gate(&ear);
    assert_int_equal(ctrace_flush(CTRACE_FOREVER), CTRACE_OK);
    assert_int_equal(atomic_load(&ear.heard), 2);
    stop(&ear);
}

static void shutting_down_is_not_held_up(void **state) {
    (void)state;
    static gate ear;
    listen_with_a_sleeper(&ear);
    atomic_store(&ear.closed, true);
    for (int i = 0; i < 10; i++) {
        TRACE_INFO("waits");
    }
    assert_int_equal(ctrace_shutdown(SHORT_NS), CTRACE_ETIMEDOUT);
    assert_int_equal(atomic_load(&ear.heard), 1);
    TRACE_INFO("nobody listens");
    open_gate(&ear);
    wait_until_freed(&ear);
    assert_int_equal(atomic_load(&ear.heard), 11); /* what it had is delivered all the same */
}

/* The end alone, without a flush before it. */
static void taking_away_is_not_held_up(void **state) {
    (void)state;
    static gate ear;
    listen_with_a_sleeper(&ear);
    atomic_store(&ear.closed, true);
    TRACE_INFO("stays");
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
    assert_false(atomic_load(&ear.freed));
    open_gate(&ear);
    wait_until_freed(&ear);
    assert_int_equal(atomic_load(&ear.heard), 2);
}

static void the_thread_does_the_reading(void **state) {
    (void)state;
    static gate ear;
    listen_with_a_sleeper(&ear);
    for (unsigned i = 0; i < 100; i++) {
        TRACE_INFO("event");
        assert_int_equal(ctrace_flush(CTRACE_FOREVER), CTRACE_OK);
        assert_int_equal(atomic_load(&ear.heard), i + 2);
        assert_false(pthread_equal(ear.thread, pthread_self()));
    }
    TRACE_INFO("at the end");
    stop(&ear);
    assert_int_equal(atomic_load(&ear.heard), 102);
    assert_false(pthread_equal(ear.thread, pthread_self()));
}

static void polling_finds_out_when_all_is_out(void **state) {
    (void)state;
    static gate ear;
    listen(&ear, NULL);
    TRACE_INFO("event");
    while (ctrace_flush(0) == CTRACE_ETIMEDOUT) {
        cti_sleep_ns(SHORT_NS);
    }
    assert_int_equal(atomic_load(&ear.heard), 1);
    stop(&ear);
}

static void *flush_shortly(void *argument) {
    unsigned *timed_out = argument;
    for (int i = 0; i < 20; i++) {
        *timed_out += ctrace_flush(SHORT_NS) == CTRACE_ETIMEDOUT ? 1 : 0;
    }
    return NULL;
}

static void several_may_flush_at_once(void **state) {
    (void)state;
    enum { FLUSHERS = 4 };
    static gate ear;
    pthread_t threads[FLUSHERS];
    unsigned timed_out[FLUSHERS] = {0};
    listen_with_a_sleeper(&ear);
    atomic_store(&ear.closed, true);
    TRACE_INFO("stays");
    for (int i = 0; i < FLUSHERS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, flush_shortly, &timed_out[i]), 0);
    }
    for (int i = 0; i < FLUSHERS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(timed_out[i], 20);
    }
    open_gate(&ear);
    stop(&ear);
    assert_int_equal(atomic_load(&ear.heard), 2);
}

/* ---- Without a thread, the clock is looked at between records. ---- */

static void by_hand_the_time_is_kept_too(void **state) {
    (void)state;
    static gate ear;
    listen(&ear, &(ctrace_deferred_options){.manual = true});
    for (int i = 0; i < 10; i++) {
        TRACE_INFO("event");
    }
    assert_int_equal(ctrace_flush(1), CTRACE_ETIMEDOUT);
    assert_int_equal(atomic_load(&ear.heard), 1); /* one is delivered, however short the time */
    assert_int_equal(ctrace_flush(0), CTRACE_ETIMEDOUT);
    assert_int_equal(atomic_load(&ear.heard), 2);
    assert_int_equal(ctrace_flush(CTRACE_FOREVER), CTRACE_OK);
    assert_int_equal(atomic_load(&ear.heard), 10);
    assert_int_equal(ctrace_flush(0), CTRACE_OK);
    stop(&ear);
}

static void what_the_end_has_no_time_for_is_counted(void **state) {
    (void)state;
    static gate ear;
    listen(&ear, &(ctrace_deferred_options){.manual = true});
    const ctrace_stats before = stats_now();
    for (int i = 0; i < 10; i++) {
        TRACE_SPAN("span");
        TRACE_INFO("event");
    }
    assert_int_equal(ctrace_shutdown(1), CTRACE_ETIMEDOUT);
    const ctrace_stats after = stats_now();
    assert_true(atomic_load(&ear.heard) < 10);
    assert_int_equal(after.events_lost - before.events_lost, 10 - atomic_load(&ear.heard));
    assert_in_range(after.spans_lost - before.spans_lost, 8, 10);
    wait_until_freed(&ear);
}

RUN(TEST(flushing_is_not_held_up), TEST(shutting_down_is_not_held_up),
    TEST(taking_away_is_not_held_up), TEST(the_thread_does_the_reading),
    TEST(polling_finds_out_when_all_is_out), TEST(several_may_flush_at_once),
    TEST(by_hand_the_time_is_kept_too), TEST(what_the_end_has_no_time_for_is_counted))

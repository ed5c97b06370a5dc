/* Coroutines that migrate between threads at random, a million times, checked by a model. */
#include "support/test.h"

#include "ctrace/sinks.h"
#include "ctrace/subscriber.h"
#include "ctrace/writer.h"
#include "integration/wander.h"
#include "support/probe.h"

#include <time.h>

/* ---- A subscriber that keeps accounts ---- */

typedef struct account {
    bool inside;
    uint64_t task;
    uint64_t last_ns; /* of the last callback */
} account;

static struct {
    ctrace_subscriber base;
    atomic_ulong opened, closed, entered, left, events;
    atomic_ulong unbalanced; /* entered twice, left without, closed inside */
    atomic_ulong elsewhere;  /* in another task than the one that opened it */
    atomic_ulong backwards;  /* before the last callback of the same span */
} book;

static account *look(ctrace_subscriber *base, ctrace_span *span, const ctrace_moment *moment,
                     bool expected_inside) {
    account *self = ctrace_span_data(span, base);
    const uint64_t now = ctrace_moment_monotonic_ns(moment);
    atomic_fetch_add(&book.unbalanced, self->inside != expected_inside);
    atomic_fetch_add(&book.backwards, now < self->last_ns);
    atomic_fetch_add(&book.elsewhere, ctrace_moment_task_id(moment) != self->task);
    self->last_ns = now;
    return self;
}

static void on_new(ctrace_subscriber *base, ctrace_span *span, const ctrace_moment *moment) {
    account *self = ctrace_span_data(span, base);
    self->task = ctrace_moment_task_id(moment);
    look(base, span, moment, false);
    atomic_fetch_add(&book.opened, 1);
}

static void on_enter(ctrace_subscriber *base, ctrace_span *span, const ctrace_moment *moment) {
    look(base, span, moment, false)->inside = true;
    atomic_fetch_add(&book.entered, 1);
}

static void on_leave(ctrace_subscriber *base, ctrace_span *span, const ctrace_moment *moment) {
    look(base, span, moment, true)->inside = false;
    atomic_fetch_add(&book.left, 1);
}

static void on_close(ctrace_subscriber *base, ctrace_span *span, const ctrace_moment *moment) {
    look(base, span, moment, false);
    atomic_fetch_add(&book.closed, 1);
}

static void on_event(ctrace_subscriber *base, const ctrace_event *event,
                     const ctrace_moment *moment) {
    ctrace_span *span = ctrace_event_span(event, base);
    if (strcmp(ctrace_span_name(span), "around") != 0) {
        look(base, span, moment, true);
    }
    atomic_fetch_add(&book.events, 1);
}

static const ctrace_subscriber_ops keeping = {
    .size = sizeof keeping,
    .span_data_size = sizeof(account),
    .on_span_new = on_new,
    .on_span_enter = on_enter,
    .on_span_exit = on_leave,
    .on_span_close = on_close,
    .on_event = on_event,
};

/* ---- A million switches ---- */

enum { SWITCHES = 1000000 };

static wandering all;

static void a_million_switches_keep_to_the_model(void **state) {
    (void)state;
    const ctrace_stats before = stats_now();
    const unsigned yields = SWITCHES / WANDERERS + 1;
    ctrace_subscriber_init(&book.base, &keeping);
    assert_int_equal(ctrace_replace_global(ctrace_subscriber_ref(&book.base)), CTRACE_OK);
    assert_true(wander(&all, yields));
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);

    assert_int_equal(all.wrong, 0);
    assert_int_equal(all.switches, (size_t)WANDERERS * (yields + 1));
    assert_true(all.migrations > 100);
    assert_int_equal(book.events, (size_t)WANDERERS * (2 * yields + 1)); /* a step, and a resume */
    assert_int_equal(book.unbalanced, 0);
    assert_int_equal(book.elsewhere, 0);
    assert_int_equal(book.backwards, 0);
    assert_int_equal(book.opened, book.closed);
    assert_int_equal(book.entered, book.left);
    assert_true(book.entered > book.opened + SWITCHES); /* again at each resume */
    assert_int_equal(stats_now().spans_repaired, before.spans_repaired);
    assert_int_equal(stats_now().spans_lost, before.spans_lost);
}

/* The same where nobody listens: there are no spans, and so nothing to be wrong about. */
static void nobody_listens(void **state) {
    (void)state;
    const ctrace_stats before = stats_now();
    assert_true(wander(&all, 100));
    assert_int_equal(all.wrong, 0);
    assert_int_equal(stats_now().spans_repaired, before.spans_repaired);
}

/* ---- Busy and idle ---- */

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void pause_for(uint64_t ns) {
    for (const uint64_t begun = now_ns(); now_ns() - begun < ns;) {
        sched_yield();
    }
}

enum { ROUNDS = 3 };
static const uint64_t busy_ns = 2000000, idle_ns = 8000000; /* each round, at least */

static void work_and_wait(fiber *self) {
    TRACE_SPAN("working");
    for (int i = 0; i < ROUNDS; i++) {
        pause_for(busy_ns);
        fiber_yield(self);
    }
}

static void *resume(void *argument) {
    fiber_resume(argument);
    return NULL;
}

/* Each time on another thread. */
static void *run_with_pauses(void *argument) {
    fiber *self = argument;
    while (!self->done) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, resume, self) != 0) {
            return NULL;
        }
        pthread_join(thread, NULL);
        pause_for(idle_ns);
    }
    return self;
}

static void suspended_is_idle(void **state) {
    (void)state;
    ctrace_writer *memory = ctrace_memory_writer_new();
    ctrace_json_options options = {.span_events = CTRACE_SPAN_EVENTS_CLOSE};
    assert_int_equal(ctrace_replace_global(ctrace_json_new(ctrace_writer_ref(memory), &options)),
                     CTRACE_OK);
    fiber *self = fiber_new(work_and_wait, NULL);
    const uint64_t begun = now_ns();
    assert_non_null(run_with_pauses(self));
    const uint64_t life_ns = now_ns() - begun;
    fiber_free(self);

    size_t size;
    const char *text = ctrace_memory_writer_bytes(memory, &size);
    long long busy = 0, idle = 0;
    const char *times = strstr(text, "\"time.busy_ns\"");
    assert_non_null(times);
    assert_int_equal(sscanf(times, "\"time.busy_ns\":%lld,\"time.idle_ns\":%lld", &busy, &idle), 2);
    assert_true(busy >= (long long)(ROUNDS * busy_ns));
    assert_true(idle >= (long long)(ROUNDS * idle_ns));
    assert_true(busy + idle <= (long long)life_ns);
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
    ctrace_writer_unref(memory);
}

RUN(TEST(a_million_switches_keep_to_the_model), TEST(nobody_listens), TEST(suspended_is_idle))

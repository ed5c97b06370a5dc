/* 100,000 threads that come, emit and go, through one queue: all that they emitted is delivered or
 * counted, and nothing of them is left. */
#include "support/test.h"

#include <pthread.h>
#include <string.h>

#include "ctrace/deferred.h"
#include "support/probe.h"
#include "support/sanitized.h"

#if defined(TEST_HAS_THREAD_SANITIZER) || defined(TEST_HAS_ADDRESS_SANITIZER)
enum { SHORT_THREADS = 4000 };
#else
enum { SHORT_THREADS = 100000 };
#endif

enum { AT_A_TIME = 4 };

typedef struct counter {
    ctrace_subscriber base;
    uint64_t heard;
    uint64_t told;    /* lost, as the stream says */
    uint64_t outside; /* events that were not in their own thread's span */
    uint64_t opened, closed;
} counter;

static int64_t number_of(const ctrace_fields *fields) {
    const ctrace_value *number = ctrace_fields_find(fields, "i");
    return number == NULL ? -1 : number->as.i64;
}

static void hear(ctrace_subscriber *subscriber, const ctrace_event *event,
                 const ctrace_moment *moment) {
    counter *self = (counter *)subscriber;
    const ctrace_fields *fields = ctrace_event_fields(event);
    const ctrace_value *lost = ctrace_fields_find(fields, "lost");
    const ctrace_span *span = ctrace_event_span(event, subscriber);
    (void)moment;
    if (lost != NULL) {
        self->told += lost->as.u64;
        return;
    }
    self->heard += 1;
    self->outside += span == NULL || number_of(ctrace_span_fields(span)) != number_of(fields);
}

static void open_span(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *moment) {
    (void)span, (void)moment;
    ((counter *)self)->opened += 1;
}

static void close_span(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *moment) {
    (void)span, (void)moment;
    ((counter *)self)->closed += 1;
}

static void *emit_once(void *argument) {
    const int number = *(const int *)argument;
    TRACE_SPAN("short", ("i", number));
    TRACE_INFO("once", ("i", number));
    return NULL;
}

static void run_some(int first) {
    pthread_t threads[AT_A_TIME];
    int numbers[AT_A_TIME];
    for (int i = 0; i < AT_A_TIME; i++) {
        numbers[i] = first + i;
        assert_int_equal(pthread_create(&threads[i], NULL, emit_once, &numbers[i]), 0);
    }
    for (int i = 0; i < AT_A_TIME; i++) {
        pthread_join(threads[i], NULL);
    }
}

static void threads_leave_what_they_emitted_and_nothing_else(void **state) {
    (void)state;
    static const ctrace_subscriber_ops ops = {.size = sizeof ops,
                                              .on_event = hear,
                                              .on_span_new = open_span,
                                              .on_span_close = close_span};
    static counter ear;
    ctrace_subscriber_init(&ear.base, &ops);
    ctrace_thread_prepare(); /* this thread is counted, the queue has none yet */
    const ctrace_stats before = stats_now();
    assert_int_equal(ctrace_set_global(ctrace_deferred_new(&ear.base, NULL)), CTRACE_OK);
    for (int i = 0; i < SHORT_THREADS; i += AT_A_TIME) {
        run_some(i);
    }
    assert_int_equal(ctrace_shutdown(CTRACE_FOREVER), CTRACE_OK);
    const ctrace_stats after = stats_now();
    const uint64_t events_lost = after.events_lost - before.events_lost;
    const uint64_t spans_lost = after.spans_lost - before.spans_lost;
    assert_int_equal(ear.heard + events_lost, SHORT_THREADS);
    assert_int_equal(ear.opened + spans_lost, SHORT_THREADS);
    assert_int_equal(ear.closed, ear.opened);
    assert_int_equal(ear.told, events_lost + spans_lost);
    assert_true(ear.heard > SHORT_THREADS / 2); /* there is memory for a thousand at once */
    assert_true(ear.outside <= spans_lost);
    assert_int_equal(after.threads, before.threads);
}

RUN(TEST(threads_leave_what_they_emitted_and_nothing_else))

/* Signal handlers that emit while they interrupt anything, our own emitting included. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrace/deferred.h"
#include "ctrace/filter.h"
#include "ctrace/trace.h"
#include "support/probe.h"

/* ---- What comes out ---- */

static uint64_t ticks_heard, works_heard, broken, told;

static void check_event(ctrace_subscriber *self, const ctrace_event *event,
                        const ctrace_moment *moment) {
    (void)self, (void)moment;
    const ctrace_fields *fields = ctrace_event_fields(event);
    const char *message = ctrace_event_message(event, NULL);
    const ctrace_value *text = ctrace_fields_find(fields, "text");
    const ctrace_value *lost = ctrace_fields_find(fields, "lost");
    if (lost != NULL) {
        told += lost->as.u64;
    } else if (strcmp(message, "work") == 0) {
        works_heard += 1;
        broken += strcmp(text->as.string, "of the program") != 0;
    } else if (strcmp(message, "tick") == 0) {
        ticks_heard += 1;
        broken += strcmp(text->as.string, "of the handler") != 0;
    } else {
        ticks_heard += 1;
        broken += strcmp(message, "formatted tick 7") != 0;
    }
}

static const ctrace_subscriber_ops ops = {.size = sizeof ops, .on_event = check_event};
static ctrace_subscriber check;

static void listen(ctrace_subscriber *subscriber) {
    ticks_heard = works_heard = broken = told = 0;
    assert_int_equal(ctrace_replace_global(subscriber), CTRACE_OK);
    assert_int_equal(ctrace_thread_prepare(), CTRACE_OK);
}

static ctrace_subscriber *new_deferred(size_t ring_bytes) {
    ctrace_subscriber_init(&check, &ops);
    return ctrace_deferred_new(&check, &(ctrace_deferred_options){.ring_bytes = ring_bytes});
}

static void handle(int signal, void (*handler)(int)) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    assert_int_equal(sigaction(signal, &action, NULL), 0);
}

/* ---- Inside our own emitting, for certain ---- */

static void emit_one(int signal) {
    (void)signal;
    TRACE_INFO("tick", ("text", "of the handler"));
    TRACE_INFOF("%s tick %d", "formatted", 7);
}

static void interrupt(ctrace_buf *out, const void *object) {
    (void)object;
    raise(SIGUSR2);
    ctrace_buf_put(out, "of the program", 14);
}

static void a_record_interrupts_another(void **state) {
    (void)state;
    const ctrace_stats before = stats_now();
    listen(new_deferred(0));
    handle(SIGUSR2, emit_one);
    raise(SIGUSR2); /* the callsites are known from here on */
    TRACE_INFO("work", ("text", TRACE_LAZY(interrupt, NULL)));
    assert_int_equal(ctrace_shutdown(CTRACE_FOREVER), CTRACE_OK);
    const ctrace_stats after = stats_now();
    assert_int_equal(ticks_heard, 4);
    assert_int_equal(works_heard, 1);
    assert_int_equal(broken, 0);
    assert_int_equal(after.reentrant_events, before.reentrant_events);
    assert_int_equal(after.events_lost, before.events_lost);
}

/* Filters and tees in front let them pass, where there is nothing to ask. */
static void through_a_filter(void **state) {
    (void)state;
    const ctrace_stats before = stats_now();
    ctrace_filter *filter;
    assert_int_equal(ctrace_filter_parse("info", &filter, NULL), CTRACE_OK);
    ctrace_subscriber *filtered = ctrace_filtered_new(new_deferred(0), filter);
    listen(ctrace_tee_new(&filtered, 1));
    raise(SIGUSR2);
    TRACE_INFO("work", ("text", TRACE_LAZY(interrupt, NULL)));
    assert_int_equal(ctrace_shutdown(CTRACE_FOREVER), CTRACE_OK);
    assert_int_equal(ticks_heard, 4);
    assert_int_equal(stats_now().reentrant_events, before.reentrant_events);
}

/* Beside a subscriber that is called at once, it might be that one's own callback that emits. */
static void beside_one_that_is_called_at_once(void **state) {
    (void)state;
    static probe live;
    const ctrace_stats before = stats_now();
    ctrace_subscriber *branches[] = {new_deferred(0), probe_init(&live)};
    listen(ctrace_tee_new(branches, 2));
    raise(SIGUSR2);
    TRACE_INFO("work", ("text", TRACE_LAZY(interrupt, NULL)));
    assert_int_equal(ctrace_shutdown(CTRACE_FOREVER), CTRACE_OK);
    assert_int_equal(ticks_heard, 2);
    assert_int_equal(works_heard, 1);
    assert_int_equal(stats_now().reentrant_events - before.reentrant_events, 2);
}

/* ---- Anywhere ---- */

enum { STORM = 5000 };

static atomic_uint ticks;
static atomic_bool over;

static void emit_tick(int signal) {
    (void)signal;
    atomic_fetch_add(&ticks, 1);
    TRACE_INFO("tick", ("text", "of the handler"), ("n", 1.5));
}

static void *storm(void *argument) {
    const pthread_t target = *(const pthread_t *)argument;
    for (unsigned i = 0; i < STORM; i++) {
        pthread_kill(target, SIGUSR1);
        while (atomic_load(&ticks) <= i) {
        }
    }
    atomic_store(&over, true);
    return NULL;
}

static uint64_t work_until_it_is_over(void) {
    uint64_t works = 0;
    while (!atomic_load(&over)) {
        void *memory = malloc(100 + works % 5000);
        TRACE_SPAN("span", ("n", works));
        TRACE_INFO("work", ("text", "of the program"), ("memory", memory));
        free(memory);
        works += 1;
    }
    return works;
}

static void nothing_is_torn_in_a_storm(void **state) {
    (void)state;
    const ctrace_stats before = stats_now();
    listen(new_deferred(1 << 20));
    handle(SIGUSR1, emit_tick);
    raise(SIGUSR1);
    atomic_store(&ticks, 0);
    pthread_t self = pthread_self(), stormer;
    assert_int_equal(pthread_create(&stormer, NULL, storm, &self), 0);
    const uint64_t works = work_until_it_is_over();
    pthread_join(stormer, NULL);
    assert_int_equal(ctrace_shutdown(CTRACE_FOREVER), CTRACE_OK);
    const ctrace_stats after = stats_now();
    assert_int_equal(broken, 0);
    assert_int_equal(ticks_heard + works_heard + (after.events_lost - before.events_lost) +
                         (after.reentrant_events - before.reentrant_events),
                     STORM + 1 + works);
    assert_int_equal(told,
                     after.events_lost - before.events_lost + after.spans_lost - before.spans_lost);
    assert_int_equal(after.reentrant_events, before.reentrant_events);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_interrupts_another),
        cmocka_unit_test(through_a_filter),
        cmocka_unit_test(beside_one_that_is_called_at_once),
        cmocka_unit_test(nothing_is_torn_in_a_storm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

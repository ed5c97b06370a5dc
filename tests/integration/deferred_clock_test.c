/* The processor's counter as a clock: what a queue delivers says the time of day at which it
 * happened, within a microsecond, and durations as the monotonic clock has them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "ctrace/deferred.h"
#include "ctrace/trace.h"

enum { EVENTS = 200, MICROSECOND = 1000 };

static struct {
    uint64_t before, after; /* by the system's clock */
    uint64_t before_monotonic, after_monotonic;
    uint64_t heard, heard_monotonic;
} events[EVENTS];

static void on_event(ctrace_subscriber *self, const ctrace_event *event,
                     const ctrace_moment *moment) {
    const int64_t i = ctrace_fields_find(ctrace_event_fields(event), "i")->as.i64;
    (void)self;
    events[i].heard = ctrace_moment_time_ns(moment);
    events[i].heard_monotonic = ctrace_moment_monotonic_ns(moment);
}

static const ctrace_subscriber_ops ops = {.size = sizeof ops, .on_event = on_event};
static ctrace_subscriber listener;

/* Some at once, some after a pause: in the middle of what the reader knows, and at its edge. */
static void emit_all(void) {
    for (int i = 0; i < EVENTS; i++) {
        if (i % 10 == 0) {
            cti_sleep_ns(2000000);
        }
        events[i].before_monotonic = cti_clock_monotonic_ns();
        events[i].before = cti_clock_realtime_ns();
        TRACE_INFO("tick", ("i", i));
        events[i].after = cti_clock_realtime_ns();
        events[i].after_monotonic = cti_clock_monotonic_ns();
    }
}

static bool is_within(uint64_t ns, uint64_t before, uint64_t after) {
    return ns + MICROSECOND >= before && ns <= after + MICROSECOND;
}

static void times_are_those_of_the_system(void **state) {
    int right = 0, right_monotonic = 0;
    (void)state;
    ctrace_subscriber_init(&listener, &ops);
    assert_int_equal(ctrace_set_global(ctrace_deferred_new(&listener, NULL)), CTRACE_OK);
    emit_all();
    assert_int_equal(ctrace_shutdown(CTRACE_FOREVER), CTRACE_OK);
    for (int i = 0; i < EVENTS; i++) {
        right += is_within(events[i].heard, events[i].before, events[i].after);
        right_monotonic += is_within(events[i].heard_monotonic, events[i].before_monotonic,
                                     events[i].after_monotonic);
        assert_true(i == 0 || events[i].heard_monotonic >= events[i - 1].heard_monotonic);
    }
    /* who reads two clocks may be interrupted between them */
    assert_true(right >= EVENTS * 9 / 10);
    assert_true(right_monotonic >= EVENTS * 9 / 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(times_are_those_of_the_system)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What happened earlier and is passed on now is delivered as what happened then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "core/event.h"
#include "ctrace/deferred.h"
#include "ctrace/record.h"
#include "ctrace/trace.h"

/* ---- Who hears it in the end ---- */

typedef struct clerk {
    ctrace_subscriber base;
    uint64_t times[16]; /* since the epoch, and of the monotonic clock */
    size_t count;
} clerk;

static clerk heard;

static void note(const ctrace_moment *moment) {
    assert_true(heard.count < 14);
    heard.times[heard.count++] = ctrace_moment_time_ns(moment);
    heard.times[heard.count++] = ctrace_moment_monotonic_ns(moment);
}

static void on_span(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *moment) {
    (void)self, (void)span;
    note(moment);
}

static void on_event(ctrace_subscriber *self, const ctrace_event *event,
                     const ctrace_moment *moment) {
    (void)self, (void)event;
    note(moment);
}

static const ctrace_subscriber_ops clerk_ops = {.size = sizeof clerk_ops,
                                                .on_span_new = on_span,
                                                .on_span_enter = on_span,
                                                .on_span_exit = on_span,
                                                .on_span_close = on_span,
                                                .on_event = on_event};

/* ---- Who passes things on that happened long ago ---- */

typedef struct chronicler {
    ctrace_subscriber base;
    ctrace_subscriber *inner;
    uint64_t next; /* nanoseconds */
} chronicler;

static const ctrace_thread somebody = {1, 2, "somebody"};

static ctrace_moment long_ago(ctrace_subscriber *self) {
    const uint64_t ns = ((chronicler *)self)->next++;
    return (ctrace_moment){.time_ns = 1000 + ns, .monotonic_ns = 100 + ns, .about = &somebody};
}

static void pass_new(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *moment) {
    const ctrace_moment then = long_ago(self);
    (void)moment;
    ctrace_forward_span_new(((chronicler *)self)->inner, span, &then);
}

static void pass_enter(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *moment) {
    const ctrace_moment then = long_ago(self);
    (void)moment;
    ctrace_forward_span_enter(((chronicler *)self)->inner, span, &then);
}

static void pass_exit(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *moment) {
    const ctrace_moment then = long_ago(self);
    (void)moment;
    ctrace_forward_span_exit(((chronicler *)self)->inner, span, &then);
}

static void pass_close(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *moment) {
    const ctrace_moment then = long_ago(self);
    (void)moment;
    ctrace_forward_span_close(((chronicler *)self)->inner, span, &then);
}

static void pass_event(ctrace_subscriber *self, const ctrace_event *event,
                       const ctrace_moment *moment) {
    const ctrace_moment then = long_ago(self);
    (void)moment;
    ctrace_forward_event(((chronicler *)self)->inner, event, &then);
}

static ctrace_subscriber *inner_of(ctrace_subscriber *self, size_t i) {
    return i == 0 ? ((chronicler *)self)->inner : NULL;
}

static void free_inner(ctrace_subscriber *self) {
    ctrace_subscriber_unref(((chronicler *)self)->inner);
}

static const ctrace_subscriber_ops chronicler_ops = {.size = sizeof chronicler_ops,
                                                     .on_span_new = pass_new,
                                                     .on_span_enter = pass_enter,
                                                     .on_span_exit = pass_exit,
                                                     .on_span_close = pass_close,
                                                     .on_event = pass_event,
                                                     .inner = inner_of,
                                                     .free = free_inner};

/* ---- Tests ---- */

static ctrace_subscriber *deferred_clerk(void) {
    heard = (clerk){.count = 0};
    ctrace_subscriber_init(&heard.base, &clerk_ops);
    return ctrace_deferred_new(&heard.base, &(ctrace_deferred_options){.manual = true});
}

static void emit(void) {
    TRACE_SPAN("around", ("a", 1));
    TRACE_INFO("in it", ("b", "two"));
}

static void times_of_long_ago_are_kept(void **state) {
    (void)state;
    chronicler old = {.inner = deferred_clerk()};
    ctrace_subscriber_init(&old.base, &chronicler_ops);
    assert_int_equal(ctrace_set_global(&old.base), CTRACE_OK);
    emit();
    assert_int_equal(ctrace_deferred_poll(old.inner) != 0, 1);
    assert_int_equal(heard.count, 10);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(heard.times[2 * i], 1000 + i);
        assert_int_equal(heard.times[2 * i + 1], 100 + i);
    }
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
}

/* The thread of the first queue is the one that emits into the second. */
static void a_queue_behind_a_queue(void **state) {
    (void)state;
    ctrace_subscriber *second = deferred_clerk();
    ctrace_subscriber *first = ctrace_deferred_new(ctrace_subscriber_ref(second),
                                                   &(ctrace_deferred_options){.manual = true});
    assert_int_equal(ctrace_set_global(ctrace_subscriber_ref(first)), CTRACE_OK);
    emit();
    const uint64_t emitted = cti_clock_monotonic_ns();
    while (cti_clock_monotonic_ns() < emitted + 1000000) {
    }
    const uint64_t passed_on = cti_clock_monotonic_ns();
    assert_true(ctrace_deferred_poll(first) != 0);
    assert_true(ctrace_deferred_poll(second) != 0);
    assert_int_equal(heard.count, 10);
    for (size_t i = 0; i < 5; i++) {
        assert_true(heard.times[2 * i + 1] < passed_on);
    }
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
    ctrace_subscriber_unref(first);
    ctrace_subscriber_unref(second);
}

static void a_recorder_behind_a_queue(void **state) {
    char path[] = "/tmp/ctrace-moment-XXXXXX";
    (void)state;
    close(mkstemp(path));
    ctrace_subscriber *queue = ctrace_deferred_new(ctrace_recorder_new(path, NULL),
                                                   &(ctrace_deferred_options){.manual = true});
    assert_int_equal(ctrace_set_global(ctrace_subscriber_ref(queue)), CTRACE_OK);
    emit();
    const uint64_t emitted = cti_clock_monotonic_ns();
    while (cti_clock_monotonic_ns() < emitted + 1000000) {
    }
    const uint64_t passed_on = cti_clock_monotonic_ns();
    assert_true(ctrace_deferred_poll(queue) != 0);
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
    ctrace_subscriber_unref(queue);
    heard = (clerk){.count = 0};
    ctrace_subscriber_init(&heard.base, &clerk_ops);
    ctrace_recording *recording = ctrace_recording_open(&heard.base, path, NULL);
    assert_int_equal(ctrace_recording_read(recording), CTRACE_OK);
    ctrace_recording_close(recording);
    assert_int_equal(heard.count, 10);
    for (size_t i = 0; i < 5; i++) {
        assert_true(heard.times[2 * i + 1] < passed_on);
    }
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_of_long_ago_are_kept),
        cmocka_unit_test(a_queue_behind_a_queue),
        cmocka_unit_test(a_recorder_behind_a_queue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

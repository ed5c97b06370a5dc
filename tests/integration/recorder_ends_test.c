/* A recording that is full: what began in it ends in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctrace/deferred.h"
#include "ctrace/record.h"
#include "ctrace/trace.h"

static char path[] = "/tmp/ctrace-ends-XXXXXX";

static ctrace_stats stats(void) {
    ctrace_stats now;
    ctrace_stats_get(&now, sizeof now);
    return now;
}

/* ---- What is read ---- */

typedef struct balance {
    ctrace_subscriber base;
    unsigned begun, ended;
    uint64_t last_event;        /* nanoseconds */
    unsigned before_last_event; /* ends that seem to have come with the last record, or before */
} balance;

static void on_new(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *moment) {
    (void)span, (void)moment;
    ((balance *)self)->begun += 1;
}

static void on_close(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *moment) {
    balance *seen = (balance *)self;
    (void)span;
    seen->ended += 1;
    seen->before_last_event += ctrace_moment_monotonic_ns(moment) <= seen->last_event ? 1 : 0;
}

static void on_event(ctrace_subscriber *self, const ctrace_event *event,
                     const ctrace_moment *moment) {
    (void)event;
    ((balance *)self)->last_event = ctrace_moment_monotonic_ns(moment);
}

static const ctrace_subscriber_ops ops = {
    .size = sizeof ops, .on_span_new = on_new, .on_span_close = on_close, .on_event = on_event};

static balance read_back(void) {
    balance seen = {.begun = 0};
    ctrace_subscriber_init(&seen.base, &ops);
    ctrace_recording *recording = ctrace_recording_open(&seen.base, path, NULL);
    assert_non_null(recording);
    assert_int_equal(ctrace_recording_read(recording), CTRACE_OK);
    ctrace_recording_close(recording);
    return seen;
}

/* ---- What is recorded ---- */

static void fill_with_events(void) {
    const uint64_t before = stats().events_lost;
    while (stats().events_lost < before + 100) {
        TRACE_INFO("some", ("a", 1), ("text", "of a few bytes"));
    }
}

static void fill_with_spans(void) {
    const uint64_t before = stats().spans_lost;
    while (stats().spans_lost < before + 100) {
        TRACE_SPAN("short");
    }
}

/* As deep as the stack of calls. */
static void inside(unsigned depth, void (*fill)(void)) {
    TRACE_SPAN("deep", ("depth", depth));
    if (depth == 0) {
        fill();
    } else {
        inside(depth - 1, fill);
    }
}

static void check_filled(void (*fill)(void)) {
    const ctrace_recorder_options options = {
        .mode = CTRACE_RECORDER_GROW, .max_bytes = 512 << 10, .thread_bytes = 64 << 10};
    close(mkstemp(path));
    assert_int_equal(ctrace_set_global(ctrace_recorder_new(path, &options)), CTRACE_OK);
    const uint64_t before = stats().records_dropped;
    ctrace_span *entered = TRACE_SPAN_NEW("entered");
    ctrace_span_enter(entered);
    inside(20, fill);
    ctrace_span_exit(entered);
    ctrace_span_unref(entered);
    assert_int_equal(stats().records_dropped, before);
    assert_int_equal(ctrace_shutdown(CTRACE_FOREVER), CTRACE_OK);
    const balance seen = read_back();
    assert_true(seen.begun > 20);
    assert_int_equal(seen.ended, seen.begun);
    assert_int_equal(seen.before_last_event, 0);
    unlink(path);
    memcpy(path + sizeof path - 7, "XXXXXX", 6);
}

static void ends_have_room(void **state) {
    (void)state;
    check_filled(fill_with_events);
    check_filled(fill_with_spans);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(ends_have_room)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

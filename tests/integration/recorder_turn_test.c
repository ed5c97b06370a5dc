/* Wherever a segment begins, and whatever was overwritten before it: what is left of a ring tells
 * in which spans its events were. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctrace/deferred.h"
#include "ctrace/record.h"
#include "ctrace/trace.h"

enum { ROUNDS = 150, STEPS = 1200, LONGEST = 40 };

static char path[] = "/tmp/ctrace-turn-XXXXXX";

/* ---- What is recorded: texts of all lengths, so that segments end at any record ---- */

static const char letters[] = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz";

static const char *some_text(void) {
    return letters + sizeof letters - 1 - (size_t)rand() % LONGEST;
}

static void step(uint32_t i) {
    TRACE_SPAN("outer", ("of", i), ("text", some_text()));
    TRACE_INFO("in", ("i", i), ("depth", 1), ("text", some_text()));
    TRACE_BLOCK("inner", ("of", i)) {
        TRACE_INFO("in", ("i", i), ("depth", 2), ("text", some_text()));
    }
    TRACE_INFO("in", ("i", i), ("depth", 1), ("text", some_text()));
}

static void record(uint32_t steps) {
    const ctrace_recorder_options options = {.max_bytes = 256 << 10, .thread_bytes = 64 << 10};
    ctrace_subscriber *recorder = ctrace_recorder_new(path, &options);
    assert_non_null(recorder);
    TRACE_WITH_SUBSCRIBER(recorder) {
        TRACE_SPAN("long ago", ("of", 0));
        for (uint32_t i = 0; i < steps; i++) {
            step(i);
        }
    }
    ctrace_subscriber_unref(recorder);
}

/* ---- What is read back ---- */

typedef struct checker {
    ctrace_subscriber base;
    unsigned events;
    unsigned wrong;
    int entered; /* spans that are entered now */
    int deepest;
} checker;

static void on_enter(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *moment) {
    checker *check = (checker *)self;
    (void)span;
    (void)moment;
    check->entered += 1;
    check->deepest = check->entered > check->deepest ? check->entered : check->deepest;
}

static void on_exit_span(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *moment) {
    (void)span;
    (void)moment;
    ((checker *)self)->entered -= 1;
}

static uint64_t number(const ctrace_fields *fields, const char *key) {
    return ctrace_fields_find(fields, key)->as.u64;
}

/* Whether the event is in "inner" in "outer" in "long ago", or without the first. */
static bool is_in_its_spans(const ctrace_event *event, uint64_t i, uint64_t depth) {
    const ctrace_span *span = ctrace_event_span(event, NULL);
    for (; depth > 0; depth--, span = ctrace_span_parent(span, NULL)) {
        const char *name = depth == 2 ? "inner" : "outer";
        if (span == NULL || strcmp(ctrace_span_site(span)->name, name) != 0 ||
            number(ctrace_span_fields(span), "of") != i) {
            return false;
        }
    }
    return span != NULL && strcmp(ctrace_span_site(span)->name, "long ago") == 0;
}

static void on_event(ctrace_subscriber *self, const ctrace_event *event,
                     const ctrace_moment *moment) {
    checker *check = (checker *)self;
    const ctrace_fields *fields = ctrace_event_fields(event);
    const uint64_t depth = number(fields, "depth");
    (void)moment;
    check->events += 1;
    if (check->entered != (int)depth + 1 || !is_in_its_spans(event, number(fields, "i"), depth)) {
        check->wrong += 1;
    }
}

static const ctrace_subscriber_ops ops = {.size = sizeof ops,
                                          .on_span_enter = on_enter,
                                          .on_span_exit = on_exit_span,
                                          .on_event = on_event};

static void check_recording(void) {
    checker check = {.events = 0};
    ctrace_subscriber_init(&check.base, &ops);
    ctrace_recording *recording = ctrace_recording_open(&check.base, path, NULL);
    assert_non_null(recording);
    assert_int_equal(ctrace_recording_read(recording), CTRACE_OK);
    ctrace_recording_close(recording);
    assert_int_equal(check.wrong, 0);
    assert_true(check.events > 300 && check.deepest == 3);
    assert_int_equal(check.entered, 0);
}

static void events_stay_in_their_spans(void **state) {
    (void)state;
    close(mkstemp(path));
    srand(1);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        record(STEPS + i);
        check_recording();
    }
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(events_stay_in_their_spans)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

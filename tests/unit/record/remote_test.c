/* Traces from elsewhere are the same behind a queue, in a recording, and held back. */
#include "record/remote.h"

#include "support/test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/sampling.h"
#include "ctrace/context.h"
#include "ctrace/deferred.h"
#include "ctrace/filter.h"
#include "ctrace/record.h"
#include "ctrace/sinks.h"
#include "support/probe.h"

#define TRACE_ID   "0000000000000000a3ce929d0e0e4736" /* of one that has 64 bits */
#define PARENT     "00-" TRACE_ID "-00f067aa0ba902b7-02"
#define CAUSE      "00-4bf92f3577b34da6a3ce929d0e0e4736-b7ad6b7169203331-01"
#define TRACESTATE "foo=1,bar=2"

/* What a subscriber can know of a remote span. */
typedef struct known {
    uint64_t trace[2];
    uint64_t id;
    uint8_t flags;
    char tracestate[31]; /* so that there is no padding to compare */
} known;

static known parents[4], cause;
static size_t begun, followed;

static known look(const ctrace_span *remote) {
    known seen = {.id = ctrace_span_id(remote), .flags = cti_trace_flags(remote)};
    cti_trace_words(remote, seen.trace);
    strcpy(seen.tracestate, cti_remote_with(remote)->tracestate);
    return seen;
}

static void on_new(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *moment) {
    (void)self, (void)moment;
    if (begun < 4 && cti_remote_of(span) != NULL) {
        parents[begun] = look(span->root);
    }
    begun += 1;
}

static void on_follows(ctrace_subscriber *self, ctrace_span *span, const ctrace_span *followed_one,
                       const ctrace_moment *moment) {
    (void)self, (void)span, (void)moment;
    if (cti_span_is_remote(followed_one)) {
        cause = look(followed_one);
    }
    followed += 1;
}

static const ctrace_subscriber_ops ops = {
    .size = sizeof ops, .on_span_new = on_new, .on_span_follows = on_follows};
static ctrace_subscriber viewer;

static ctrace_subscriber *view(void) {
    begun = followed = 0;
    memset(parents, 0, sizeof parents);
    memset(&cause, 0, sizeof cause);
    ctrace_subscriber_init(&viewer, &ops);
    return &viewer;
}

static void work(ctrace_subscriber *subscriber) {
    ctrace_remote remote, other;
    assert_true(ctrace_traceparent_parse(PARENT, strlen(PARENT), &remote));
    strcpy(remote.tracestate, TRACESTATE);
    assert_true(ctrace_traceparent_parse(CAUSE, strlen(CAUSE), &other));
    const ctrace_stats before = stats_now();
    TRACE_WITH_SUBSCRIBER(subscriber) {
        ctrace_span *span = TRACE_SPAN_REMOTE(&remote, "request", ("path", "/x"));
        ctrace_span_follows_remote(span, &other);
        TRACE_IN(span) {
            TRACE_SPAN("inner");
            TRACE_ERROR("failed");
        }
        ctrace_span_unref(span);
        TRACE_SPAN("a root of our own");
        TRACE_ERROR("failed");
    }
    assert_true(stats_now().records_dropped == before.records_dropped);
}

static void assert_seen(void) {
    const known expected = {{0, 0xa3ce929d0e0e4736}, 0x00f067aa0ba902b7, 2, TRACESTATE};
    assert_int_equal(begun, 3);
    assert_memory_equal(&parents[0], &expected, sizeof expected);
    assert_memory_equal(&parents[1], &expected, sizeof expected);
    assert_true(parents[2].id == 0);
    assert_int_equal(followed, 1);
    assert_true(cause.id == 0xb7ad6b7169203331 && cause.trace[0] == 0x4bf92f3577b34da6 &&
                cause.trace[1] == 0xa3ce929d0e0e4736 && cause.flags == 1);
}

static void live(void **state) {
    (void)state;
    ctrace_subscriber *subscriber = view();
    work(subscriber);
    assert_seen();
    ctrace_subscriber_unref(subscriber);
}

static void behind_a_queue(void **state) {
    (void)state;
    ctrace_subscriber *subscriber = ctrace_deferred_new(view(), NULL);
    assert_non_null(subscriber);
    work(subscriber);
    ctrace_subscriber_unref(subscriber);
    assert_seen();
}

static void in_a_recording(void **state) {
    (void)state;
    char path[] = "/tmp/ctrace-remote-XXXXXX";
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    ctrace_subscriber *recorder = ctrace_recorder_new(path, NULL);
    assert_non_null(recorder);
    work(recorder);
    ctrace_subscriber_unref(recorder);
    ctrace_recording *recording = ctrace_recording_open(view(), path, NULL);
    assert_non_null(recording);
    assert_int_equal(ctrace_recording_read(recording), CTRACE_OK);
    ctrace_recording_close(recording);
    unlink(path);
    assert_seen();
}

static void held_back(void **state) {
    (void)state;
    ctrace_subscriber *subscriber = ctrace_tail_new(view(), NULL);
    assert_non_null(subscriber);
    work(subscriber);
    ctrace_subscriber_unref(subscriber);
    assert_seen();
}

RUN(TEST(live), TEST(behind_a_queue), TEST(in_a_recording), TEST(held_back))

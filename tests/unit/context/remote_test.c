/* Traces that come from another process, and go on to the next. */
#include "ctrace/context.h"
#include "ctrace/filter.h"
#include "ctrace/testing.h"

#include "support/test.h"

#include <pthread.h>
#include <string.h>

#include "support/headers.h"
#include "support/probe.h"

#define TRACE_ID "4bf92f3577b34da6a3ce929d0e0e4736"
#define SPAN_ID  "00f067aa0ba902b7"
#define PARENT   "00-" TRACE_ID "-" SPAN_ID "-02"

static headers in, out;

static ctrace_remote extracted(const char *parent, const char *state) {
    ctrace_remote remote;
    in.count = 0;
    headers_set(&in, "traceparent", parent);
    headers_set(&in, "tracestate", state);
    headers_set(&in, "baggage", "user=42");
    assert_true(ctrace_extract(headers_get, &in, &remote));
    return remote;
}

static const char *injected(const char *header) {
    out.count = 0;
    ctrace_inject(headers_set, &out);
    return headers_first(&out, header);
}

static ctrace_subscriber *seen;

static int begin(void **state) {
    (void)state;
    seen = ctrace_capture_new(NULL);
    return ctrace_replace_global(ctrace_subscriber_ref(seen)) == CTRACE_OK ? 0 : -1;
}

static int end(void **state) {
    (void)state;
    ctrace_subscriber_unref(seen);
    ctrace_remote none;
    in.count = 0;
    ctrace_extract(headers_get, &in, &none); /* no baggage any more */
    return ctrace_replace_global(NULL) == CTRACE_OK ? 0 : -1;
}

static void a_wanted_span_continues_the_trace(void **state) {
    (void)state;
    TRACE_SPAN("elsewhere");
    const ctrace_remote remote = extracted(PARENT, "foo=1,bar=2");
    ctrace_span *span = TRACE_SPAN_REMOTE(&remote, "request", ("path", "/x"));
    assert_string_equal(ctrace_span_name(span), "request");
    assert_null(ctrace_span_parent(span, NULL));
    TRACE_IN(span) {
        TRACE_SPAN_AS(inner, "inner");
        char parent[56];
        assert_string_equal(injected("tracestate"), "foo=1,bar=2");
        assert_string_equal(headers_first(&out, "baggage"), "user=42");
        ctrace_span_traceparent(inner, parent, sizeof parent);
        assert_string_equal(headers_first(&out, "traceparent"), parent);
        assert_memory_equal(parent, PARENT, 36);
        assert_memory_not_equal(parent + 36, SPAN_ID, 16);
        assert_string_equal(parent + 53, "02"); /* not sampled there: passed on */
    }
    ctrace_span_unref(span);
    CTRACE_ASSERT_SPAN(seen, "request");
}

static void an_unwanted_one_carries_it_on(void **state) {
    (void)state;
    const ctrace_remote remote = extracted(PARENT, "foo=1");
    const ctrace_stats before = stats_now();
    TRACE_WITH_SUBSCRIBER(NULL) {
        ctrace_span *span = TRACE_SPAN_REMOTE(&remote, "request", ("status", TRACE_EMPTY));
        TRACE_RECORD(span, ("status", 200));
        ctrace_span_follows(span, span);
        TRACE_ENTER(span);
        assert_string_equal(injected("traceparent"), PARENT);
        assert_string_equal(headers_first(&out, "tracestate"), "foo=1");
        assert_string_equal(headers_first(&out, "baggage"), "user=42");
        TRACE_SPAN("unwanted");
        assert_string_equal(injected("traceparent"), PARENT);
        char where[64];
        assert_int_equal(ctrace_span_trace(where, sizeof where), 0);
        ctrace_span_unref(span);
    }
    assert_string_equal(injected("traceparent"), "");
    assert_true(stats_now().undeclared_fields == before.undeclared_fields);
    assert_true(stats_now().spans_repaired == before.spans_repaired);
    assert_true(stats_now().spans_lost == before.spans_lost);
}

static void what_is_wanted_below_it_is_in_the_trace(void **state) {
    (void)state;
    const ctrace_remote remote = extracted(PARENT, "");
    ctrace_span *request = NULL;
    TRACE_WITH_SUBSCRIBER(NULL) {
        request = TRACE_SPAN_REMOTE_AT(CTRACE_LEVEL_DEBUG, &remote, "request");
    }
    TRACE_IN(request) {
        TRACE_INFO("outside any span that is seen");
        TRACE_SPAN_AS(below, "below");
        uint8_t id[16];
        ctrace_span_trace_id(below, id);
        assert_memory_equal(id, remote.trace_id, sizeof id);
        assert_null(ctrace_span_parent(below, NULL));
        assert_null(ctrace_span_parent(below, seen));
        assert_memory_equal(injected("traceparent"), PARENT, 36);
        assert_memory_not_equal(headers_first(&out, "traceparent"), PARENT, 52);
        TRACE_INFO("below it");
    }
    ctrace_span_unref(request);
    CTRACE_ASSERT_COUNT(seen, CTRACE_CAPTURED_NEW, NULL, 1);
    CTRACE_ASSERT_COUNT(seen, CTRACE_CAPTURED_CLOSE, NULL, 1);
    CTRACE_ASSERT_COUNT(seen, CTRACE_CAPTURED_EVENT, NULL, 2);
}

static void without_a_remote_it_begins_a_trace(void **state) {
    (void)state;
    const ctrace_remote none = {.flags = 1};
    const ctrace_remote *const remotes[] = {NULL, &none};
    for (size_t i = 0; i < 2; i++) {
        ctrace_span *span = TRACE_SPAN_REMOTE(remotes[i], "request");
        ctrace_remote itself;
        char parent[56];
        assert_int_equal(ctrace_span_traceparent(span, parent, sizeof parent), 55);
        assert_true(ctrace_traceparent_parse(parent, 55, &itself));
        assert_int_equal(itself.flags, 3);
        ctrace_span_unref(span);
        TRACE_WITH_SUBSCRIBER(NULL) {
            assert_null(TRACE_SPAN_REMOTE(remotes[i], "request"));
        }
    }
    ctrace_span_follows_remote(NULL, &none);
    ctrace_inject(NULL, NULL);
    assert_false(ctrace_extract(NULL, NULL, NULL));
}

static void each_request_has_its_own_baggage(void **state) {
    (void)state;
    const ctrace_remote remote = extracted(PARENT, "");
    ctrace_span *one = TRACE_SPAN_REMOTE(&remote, "one");
    ctrace_remote none;
    in.count = 0;
    assert_false(ctrace_extract(headers_get, &in, &none));
    ctrace_span *other = TRACE_SPAN_REMOTE(&remote, "other");
    ctrace_span *child = TRACE_SPAN_CHILD(one, "child");
    assert_null(ctrace_baggage_get("user"));
    TRACE_IN(child) {
        assert_string_equal(ctrace_baggage_get("user"), "42");
        TRACE_IN(other) {
            assert_null(ctrace_baggage_get("user"));
        }
        assert_true(ctrace_baggage_set("user", "43"));
        TRACE_IN(one) { /* the same trace: nothing comes with it */
            assert_string_equal(ctrace_baggage_get("user"), "43");
        }
    }
    assert_null(ctrace_baggage_get("user"));
    ctrace_span_unref(child);
    ctrace_span_unref(other);
    ctrace_span_unref(one);
}

static void only_one_traceparent_counts(void **state) {
    (void)state;
    ctrace_remote remote = {.tracestate = "kept"};
    in.count = 0;
    headers_set(&in, "tracestate", "foo=1");
    assert_false(ctrace_extract(headers_get, &in, &remote));
    headers_set(&in, "traceparent", PARENT);
    headers_set(&in, "traceparent", PARENT);
    assert_false(ctrace_extract(headers_get, &in, &remote));
    assert_string_equal(remote.tracestate, "kept");
    remote = extracted(" \t" PARENT " \t", "bad");
    assert_string_equal(remote.tracestate, "");
}

static void *inject_there(void *context) {
    TRACE_ATTACHED(context) {
        injected("traceparent");
    }
    return NULL;
}

static void it_goes_on_to_other_threads(void **state) {
    (void)state;
    const ctrace_remote remote = extracted(PARENT, "foo=1");
    pthread_t thread;
    TRACE_WITH_SUBSCRIBER(NULL) {
        ctrace_span *span = TRACE_SPAN_REMOTE(&remote, "request");
        ctrace_context *context = NULL;
        TRACE_IN(span) {
            context = ctrace_context_capture();
        }
        ctrace_span_unref(span);
        assert_non_null(context);
        assert_int_equal(pthread_create(&thread, NULL, inject_there, context), 0);
        pthread_join(thread, NULL);
        ctrace_context_release(context);
    }
    assert_string_equal(headers_first(&out, "traceparent"), PARENT);
    assert_string_equal(headers_first(&out, "tracestate"), "foo=1");
    assert_string_equal(headers_first(&out, "baggage"), "user=42");
}

static uint64_t followed;
static uint8_t followed_trace[16];

static void on_follows(ctrace_subscriber *self, ctrace_span *span, const ctrace_span *cause,
                       const ctrace_moment *moment) {
    (void)self, (void)span, (void)moment;
    followed = ctrace_span_id(cause);
    ctrace_span_trace_id(cause, followed_trace);
}

static const ctrace_subscriber_ops follower_ops = {.size = sizeof follower_ops,
                                                   .on_span_follows = on_follows};

/* Also behind what composes. */
static void a_remote_cause_is_told(void **state) {
    (void)state;
    static ctrace_subscriber follower;
    const ctrace_remote remote = extracted(PARENT, "");
    ctrace_subscriber_init(&follower, &follower_ops);
    ctrace_subscriber *const both[] = {&follower, ctrace_capture_new(NULL)};
    ctrace_subscriber *tee = ctrace_tee_new(both, 2);
    TRACE_WITH_SUBSCRIBER(tee) {
        TRACE_SPAN_AS(span, "batch");
        ctrace_span_follows_remote(span, &remote);
        ctrace_span_follows_remote(span, NULL);
    }
    ctrace_subscriber_unref(tee);
    assert_true(followed == 0x00f067aa0ba902b7);
    assert_memory_equal(followed_trace, remote.trace_id, sizeof followed_trace);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_wanted_span_continues_the_trace, begin, end),
        cmocka_unit_test_setup_teardown(an_unwanted_one_carries_it_on, begin, end),
        cmocka_unit_test_setup_teardown(what_is_wanted_below_it_is_in_the_trace, begin, end),
        cmocka_unit_test_setup_teardown(without_a_remote_it_begins_a_trace, begin, end),
        cmocka_unit_test_setup_teardown(each_request_has_its_own_baggage, begin, end),
        cmocka_unit_test_setup_teardown(only_one_traceparent_counts, begin, end),
        cmocka_unit_test_setup_teardown(it_goes_on_to_other_threads, begin, end),
        cmocka_unit_test_setup_teardown(a_remote_cause_is_told, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

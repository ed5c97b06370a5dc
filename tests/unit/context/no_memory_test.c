/* Each allocation failing in turn: contexts get lost, nothing else. */
#include "ctrace/context.h"
#include "ctrace/subscriber.h"

#include "support/test.h"

#include <string.h>

#include "support/allocator.h"
#include "support/headers.h"
#include "support/probe.h"

static headers in, out;

/* All that may need memory, wanted and unwanted. */
static void pass_on(void) {
    ctrace_remote remote;
    const bool known = ctrace_extract(headers_get, &in, &remote);
    ctrace_span *span = TRACE_SPAN_REMOTE(known ? &remote : NULL, "request", ("path", "/x"));
    ctrace_span_follows_remote(span, &remote);
    TRACE_IN(span) {
        ctrace_baggage_set("a", "2");
        ctrace_context *context = ctrace_context_capture();
        TRACE_ATTACHED(context) {
            out.count = 0;
            ctrace_inject(headers_set, &out);
        }
        ctrace_context_release(context);
    }
    ctrace_span_unref(span);
}

static void one_after_the_other(ctrace_subscriber *subscriber) {
    bool failed = true;
    pass_on();
    for (size_t nth = 1; failed; nth++) {
        allocator_fail_at(nth);
        TRACE_WITH_SUBSCRIBER(subscriber) {
            TRACE_SPAN("around"); /* what is extracted ends here */
            pass_on();
        }
        failed = allocator_has_failed();
        allocator_fail_at(0);
    }
    assert_string_equal(headers_first(&out, "baggage"), "b=3,a=2");
    assert_memory_equal(headers_first(&out, "traceparent"), in.value[0], 36);
    assert_string_equal(headers_first(&out, "tracestate"), "foo=1");
}

static void nothing_is_lost_but_contexts(void **state) {
    (void)state;
    static probe listener;
    headers_set(&in, "traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    headers_set(&in, "tracestate", "foo=1");
    headers_set(&in, "baggage", "a=1,b=3");
    ctrace_subscriber *subscriber = probe_init(&listener);
    one_after_the_other(subscriber);
    const size_t alive = allocator_alive();
    one_after_the_other(subscriber);
    one_after_the_other(NULL);
    assert_int_equal(allocator_alive(), alive);
    ctrace_subscriber_unref(subscriber);
}

int main(void) {
    const struct CMUnitTest tests[] = {TEST(nothing_is_lost_but_contexts)};
    allocator_use();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

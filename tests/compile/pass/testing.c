/* Assertions on a capturing subscriber. */
#include "ctrace/testing.h"

void testing(ctrace_subscriber *seen);

void testing(ctrace_subscriber *seen) {
    const int status = 200;
    CTRACE_ASSERT_EVENT(seen, "listening");
    if (status == 200)
        CTRACE_ASSERT_EVENT(seen, "served", ("status", status), ("path", "/x"));
    else
        CTRACE_ASSERT_NO_EVENT(seen, "served");
    CTRACE_ASSERT_EVENT_IN(seen, "request:query", "slow query", ("took", CTRACE_NS(5)));
    CTRACE_ASSERT_SPAN(seen, "request", CTRACE_V(status));
    CTRACE_ASSERT_SPAN_IN(seen, "request", "query");
    CTRACE_ASSERT_NO_SPAN(seen, "retry", ("ratio", 0.5), ("none", (const char *)NULL));
    CTRACE_ASSERT_COUNT(seen, CTRACE_CAPTURED_CLOSE, "request", 1);
    CTRACE_ASSERT_COUNT(seen, CTRACE_CAPTURED_ANY, NULL, 7);
}

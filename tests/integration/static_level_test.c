/* What TRACE_STATIC_LEVEL strips is not in the program: no callsite, no evaluation. */
#define TRACE_TARGET       "stripped"
#define TRACE_STATIC_LEVEL CTRACE_LEVEL_WARN
#include "support/test.h"

#include <string.h>

#include "ctrace/filter.h"
#include "ctrace/testing.h"

static int evaluated;

static int evaluate(void) {
    return ++evaluated;
}

static int work(ctrace_level level) {
    TRACE_FN(("n", evaluate()));
    TRACE_SPAN_AS(gone, "stripped span", ("n", evaluate()));
    TRACE_RECORD(gone, ("n", evaluate()));
    TRACE_DEBUG("stripped", ("n", evaluate()));
    TRACE_INFOF("stripped %d", evaluate());
    TRACE_ONCE(CTRACE_LEVEL_INFO, "stripped", ("n", evaluate()));
    TRACE_BLOCK("stripped block") {
        TRACE_WARN("kept", ("n", evaluate()));
    }
    ctrace_span_unref(TRACE_SPAN_NEW("stripped span"));
    TRACE_SPAN_AT(CTRACE_LEVEL_ERROR, "kept span");
    TRACE_EVENT_DYN(level, "known at run time", ("n", evaluate()));
    TRACE_RETURN(TRACE_ENABLED(CTRACE_LEVEL_INFO));
}

static void only_what_is_severe_enough(void **state) {
    (void)state;
    ctrace_subscriber *seen = ctrace_capture_new(NULL);
    TRACE_WITH_SUBSCRIBER(seen) {
        assert_int_equal(work(CTRACE_LEVEL_INFO), 0);
        assert_int_equal(work(CTRACE_LEVEL_ERROR), 0);
    }
    assert_int_equal(evaluated, 3);
    CTRACE_ASSERT_COUNT(seen, CTRACE_CAPTURED_EVENT, "kept", 2);
    CTRACE_ASSERT_COUNT(seen, CTRACE_CAPTURED_EVENT, "known at run time", 1);
    CTRACE_ASSERT_COUNT(seen, CTRACE_CAPTURED_NEW, NULL, 2);
    ctrace_subscriber_unref(seen);
}

static void count_stripped(void *count, const ctrace_callsite *site, ctrace_interest interest) {
    (void)interest;
    if (strcmp(site->target, "stripped") == 0 && strncmp(site->name, "stripped", 8) == 0) {
        *(int *)count += 1;
    }
}

static void stripped_callsites_are_not_there(void **state) {
    (void)state;
    int count = 0;
    ctrace_callsites_each(count_stripped, &count);
#if defined(__OPTIMIZE__)
    assert_int_equal(count, 0);
#else
    assert_true(count > 0); /* a compiler that does not optimise keeps what nobody uses */
#endif
}

RUN(TEST(only_what_is_severe_enough), TEST(stripped_callsites_are_not_there))

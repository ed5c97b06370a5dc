/* The environment carries the trace from a process to its children. */
#include "ctrace/context.h"
#include "ctrace/testing.h"

#include "support/test.h"

#include <stdlib.h>
#include <string.h>

#include "context/environment.h"
#include "support/headers.h"

#define PARENT "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
#define OTHER  "00-a3ce929d0e0e47364bf92f3577b34da6-00f067aa0ba902b7-00"

static headers out;

static const char *injected(const char *header) {
    out.count = 0;
    ctrace_inject(headers_set, &out);
    return headers_first(&out, header);
}

static int begin(void **state) {
    (void)state;
    unsetenv("TRACESTATE");
    return ctrace_replace_global(ctrace_capture_new(NULL)) == CTRACE_OK ? 0 : -1;
}

static int end(void **state) {
    (void)state;
    return cti_environment_join(NULL) == CTRACE_OK && ctrace_replace_global(NULL) == CTRACE_OK ? 0
                                                                                               : -1;
}

static void roots_continue_its_trace(void **state) {
    (void)state;
    assert_int_equal(cti_environment_join(PARENT), CTRACE_OK);
    ctrace_span *roots[] = {TRACE_SPAN_ROOT("root"), TRACE_SPAN_NEW("new"),
                            TRACE_SPAN_CHILD(NULL, "child")};
    for (size_t i = 0; i < 3; i++) {
        char parent[56];
        ctrace_span_traceparent(roots[i], parent, sizeof parent);
        assert_memory_equal(parent, PARENT, 36);
        assert_memory_not_equal(parent, PARENT, 52);
        assert_string_equal(parent + 53, "01");
        assert_null(ctrace_span_parent(roots[i], NULL));
        ctrace_span_unref(roots[i]);
    }
    TRACE_SPAN("scoped");
    TRACE_SPAN("inner");
    assert_memory_equal(injected("traceparent"), PARENT, 36);
}

static void it_is_passed_on_where_there_is_no_span(void **state) {
    (void)state;
    assert_string_equal(injected("traceparent"), "");
    setenv("TRACESTATE", "foo=1, bar=2", 1);
    assert_int_equal(cti_environment_join(PARENT), CTRACE_OK);
    assert_string_equal(injected("traceparent"), PARENT);
    assert_string_equal(headers_first(&out, "tracestate"), "foo=1,bar=2");
    TRACE_WITH_SUBSCRIBER(NULL) {
        TRACE_SPAN("unwanted");
        assert_string_equal(injected("traceparent"), PARENT);
    }
}

static void a_remote_span_has_its_own(void **state) {
    (void)state;
    ctrace_remote remote;
    assert_int_equal(cti_environment_join(PARENT), CTRACE_OK);
    assert_true(ctrace_traceparent_parse(OTHER, strlen(OTHER), &remote));
    ctrace_span *span = TRACE_SPAN_REMOTE(&remote, "request");
    TRACE_IN(span) {
        assert_memory_equal(injected("traceparent"), OTHER, 36);
        ctrace_span *root = TRACE_SPAN_ROOT("root");
        char parent[56];
        ctrace_span_traceparent(root, parent, sizeof parent);
        assert_memory_equal(parent, PARENT, 36);
        ctrace_span_unref(root);
    }
    ctrace_span_unref(span);
}

static void it_changes_with_each_start(void **state) {
    (void)state;
    TRACE_SPAN("begun before");
    char before[56];
    assert_int_equal(ctrace_traceparent_format(before, sizeof before), 55);
    assert_int_equal(cti_environment_join(PARENT), CTRACE_OK);
    assert_string_equal(injected("traceparent"), before);
    ctrace_span *first = TRACE_SPAN_ROOT("first");
    assert_int_equal(cti_environment_join(OTHER), CTRACE_OK);
    assert_int_equal(cti_environment_join(PARENT), CTRACE_OK);
    assert_int_equal(cti_environment_join(OTHER), CTRACE_OK);
    ctrace_span *second = TRACE_SPAN_ROOT("second");
    assert_int_equal(cti_environment_join("00-what is this?"), CTRACE_EPARSE);
    ctrace_span *third = TRACE_SPAN_ROOT("third");
    char parent[56];
    ctrace_span_traceparent(first, parent, sizeof parent);
    assert_memory_equal(parent, PARENT, 36);
    ctrace_span_traceparent(second, parent, sizeof parent);
    assert_memory_equal(parent, OTHER, 36);
    ctrace_span_traceparent(third, parent, sizeof parent);
    assert_memory_not_equal(parent, OTHER, 36);
    assert_memory_not_equal(parent, PARENT, 36);
    assert_string_equal(parent + 53, "03");
    ctrace_span_unref(first);
    ctrace_span_unref(second);
    ctrace_span_unref(third);
}

static void ctrace_init_reads_it(void **state) {
    (void)state;
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
    setenv("TRACEPARENT", PARENT, 1);
    assert_int_equal(ctrace_init(), CTRACE_OK);
    TRACE_BLOCK("span") {
        assert_memory_equal(injected("traceparent"), PARENT, 36);
    }
    assert_int_equal(ctrace_shutdown(CTRACE_FOREVER), CTRACE_OK);
    setenv("TRACEPARENT", "nonsense", 1); /* said on standard error, and passed over */
    assert_int_equal(ctrace_init(), CTRACE_OK);
    assert_string_equal(injected("traceparent"), "");
    assert_int_equal(ctrace_shutdown(CTRACE_FOREVER), CTRACE_OK);
    unsetenv("TRACEPARENT");
}

static void flags_say_what_sample_ratio_decided(void **state) {
    (void)state;
    const ctrace_options options = {.sample_ratio = 0.5};
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
    assert_int_equal(ctrace_init_with(&options), CTRACE_OK);
    int sampled = 0;
    for (int i = 0; i < 1000; i++) {
        ctrace_span *span = TRACE_SPAN_ROOT("root");
        char parent[56];
        ctrace_remote itself;
        ctrace_span_traceparent(span, parent, sizeof parent);
        assert_true(ctrace_traceparent_parse(parent, 55, &itself));
        assert_int_equal(itself.flags, itself.trace_id[9] >= 0x80 ? 3 : 2);
        sampled += itself.flags & 1;
        ctrace_span_unref(span);
    }
    assert_in_range(sampled, 350, 650); /* off by more than nine deviations */
    assert_int_equal(ctrace_shutdown(CTRACE_FOREVER), CTRACE_OK);
    assert_int_equal(ctrace_init(), CTRACE_OK);
    assert_int_equal(ctrace_shutdown(CTRACE_FOREVER), CTRACE_OK);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(roots_continue_its_trace),  CASE(it_is_passed_on_where_there_is_no_span),
        CASE(a_remote_span_has_its_own), CASE(it_changes_with_each_start),
        CASE(ctrace_init_reads_it),      CASE(flags_say_what_sample_ratio_decided),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

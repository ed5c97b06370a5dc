#define TRACE_TARGET "shop::db"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrace/subscriber.h"
#include "ctrace/trace.h"
#include "support/sink_output.h"

static const ctrace_logfmt_options bare = {.time = CTRACE_TIME_NONE, .no_ids = true};

#define HEAD "level=INFO msg=m target=shop::db"

static void values_are_quoted_where_they_must_be(void **state) {
    (void)state;
    sink_output output = sink_output_logfmt(&bare);
    TRACE_WITH_SUBSCRIBER(output.sink) {
        TRACE_INFO("m", ("a", "plain:/x"), ("b", "a b"), ("c", "a=b"), ("d", "\"q\""), ("e", ""),
                   ("f", "\\"), ("g", "gr\xc3\xbc\xc3\x9f"), ("h", "\n\x1b"), ("i", "\xff"));
        TRACE_INFO("m", ("n", (const char *)NULL), ("e", TRACE_ERRNO(ENOENT)), ("x", TRACE_EMPTY),
                   ("t", TRACE_NS(1500)), ("y", TRACE_BYTES("\x01", 1)), ("z", TRACE_HEX(255)));
    }
    sink_output_expect(&output,
                       HEAD " a=plain:/x b=\"a b\" c=\"a=b\" d=\"\\\"q\\\"\" e= f=\"\\\\\" "
                            "g=\"gr\xc3\xbc\xc3\x9f\" h=\"\\n\\u001b\" i=\"\xef\xbf\xbd\"\n" HEAD
                            " n=null e=2 e_text=\"No such file or directory\" t=1.5\xc2\xb5s y=01 "
                            "z=0xff\n");
}

static void keys_hold_nothing_odd(void **state) {
    (void)state;
    sink_output output = sink_output_logfmt(&bare);
    TRACE_WITH_SUBSCRIBER(output.sink) {
        TRACE_INFO("m", ("a b", 1), ("c=\"", 2), ("\n\x7f\xff", 3), ("", 4), ("gr\xc3\xbc", 5));
        TRACE_INFO("m", ("time", 1), ("msg", 2), ("span", 3));
    }
    sink_output_expect(&output, HEAD " a_b=1 c__=2 ___=3 _=4 gr\xc3\xbc=5\n" HEAD
                                     " field_time=1 field_msg=2 field_span=3\n");
}

static void spans(void **state) {
    (void)state;
    sink_output output = sink_output_logfmt(&bare);
    TRACE_WITH_SUBSCRIBER(output.sink) {
        TRACE_SPAN("one", ("a", 1), ("time", 2), ("e", TRACE_ERRNO(ENOENT)));
        TRACE_SPAN("two\n", ("none", TRACE_EMPTY), ("a", 3));
        TRACE_INFOF("m");
    }
    sink_output_expect(&output,
                       HEAD " one.a=1 one.time=2 one.e=2 one.e_text=\"No such file or directory\" "
                            "two_.a=3 span=\"one:two\\n\"\n");
}

static void long_bytes_are_quoted(void **state) {
    (void)state;
    enum { SIZE = (1 << 20) + 1 };
    char *bytes = calloc(1, SIZE);
    assert_non_null(bytes);
    sink_output output = sink_output_logfmt(&bare);
    TRACE_WITH_SUBSCRIBER(output.sink) {
        TRACE_INFO("m", ("b", TRACE_BYTES(bytes, SIZE)), ("c", 1));
    }
    assert_non_null(strstr(sink_output_written(&output), " b=\"00"));
    assert_non_null(strstr(sink_output_written(&output), "00\xe2\x80\xa6(+1 bytes)\" c=1\n"));
    sink_output_end(&output);
    free(bytes);
}

static void all_that_can_be_said(void **state) {
    (void)state;
    sink_output output =
        sink_output_logfmt(&(ctrace_logfmt_options){.thread_id = true, .thread_name = true});
    TRACE_WITH_SUBSCRIBER(output.sink) {
        TRACE_SPAN("one");
        TRACE_INFO("m");
    }
    const char *line = sink_output_written(&output);
    assert_memory_equal(line, "time=20", 7);
    assert_non_null(strstr(line, "Z " HEAD " span=one trace_id="));
    assert_non_null(strstr(line, " span_id="));
    assert_non_null(strstr(line, " thread="));
    assert_non_null(strstr(line, " thread_id="));
    sink_output_end(&output);
}

static void bad_options(void **state) {
    (void)state;
    assert_null(ctrace_logfmt_new(ctrace_memory_writer_new(), &(ctrace_logfmt_options){.time = 9}));
    assert_non_null(strstr(ctrace_last_error(), "time is 9"));
    assert_null(
        ctrace_logfmt_new(ctrace_memory_writer_new(), &(ctrace_logfmt_options){.span_events = 16}));
    assert_null(ctrace_logfmt_new(NULL, NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_quoted_where_they_must_be),
        cmocka_unit_test(keys_hold_nothing_odd),
        cmocka_unit_test(spans),
        cmocka_unit_test(long_bytes_are_quoted),
        cmocka_unit_test(all_that_can_be_said),
        cmocka_unit_test(bad_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "ctrace/trace.h"
#include "support/sink_output.h"

static void emit_at_depth(int depth) {
    TRACE_SPAN("s", ("d", depth));
    if (depth > 1) {
        emit_at_depth(depth - 1);
    } else {
        TRACE_INFO("here");
    }
}

/* Around the length that a row has without an allocation. */
static void all_spans_are_there(void **state) {
    (void)state;
    static const int depths[] = {1, 31, 32, 33, 34, 500};
    for (size_t i = 0; i < sizeof depths / sizeof depths[0]; i++) {
        sink_output output =
            sink_output_text(&(ctrace_text_options){.time = CTRACE_TIME_NONE, .no_target = true});
        TRACE_WITH_SUBSCRIBER(output.sink) {
            emit_at_depth(depths[i]);
        }
        const char *at = sink_output_written(&output);
        assert_memory_equal(at, " INFO ", 6);
        at += 6;
        for (int depth = depths[i]; depth > 0; depth--) {
            char expected[32];
            snprintf(expected, sizeof expected, "s{d=%d}:", depth);
            assert_memory_equal(at, expected, strlen(expected));
            at += strlen(expected);
        }
        assert_string_equal(at, " here\n");
        sink_output_end(&output);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_spans_are_there)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#define TRACE_TARGET "shop::db"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctrace/subscriber.h"
#include "ctrace/trace.h"
#include "support/sink_output.h"

static void levels_are_aligned(void **state) {
    (void)state;
    sink_output output = sink_output_text(&(ctrace_text_options){.time = CTRACE_TIME_NONE});
    TRACE_WITH_SUBSCRIBER(output.sink) {
        TRACE_TRACE("m");
        TRACE_DEBUG("m");
        TRACE_INFO("m");
        TRACE_WARN("m");
        TRACE_ERROR("m");
    }
    sink_output_expect(&output, "TRACE shop::db: m\nDEBUG shop::db: m\n INFO shop::db: m\n"
                                " WARN shop::db: m\nERROR shop::db: m\n");
}

static void nothing_but_the_message(void **state) {
    (void)state;
    const ctrace_text_options options = {
        .time = CTRACE_TIME_NONE, .no_level = true, .no_target = true};
    sink_output output = sink_output_text(&options);
    TRACE_WITH_SUBSCRIBER(output.sink) {
        TRACE_INFO("m");
        TRACE_INFO("m", ("a", 1), ("b", 2));
        TRACE_INFO("", ("a", 1), ("b", 2));
        TRACE_INFO("");
        TRACE_INFO("", ("a", TRACE_EMPTY));
        TRACE_INFOF("%s", "");
    }
    sink_output_expect(&output, "m\nm a=1 b=2\na=1 b=2\n\n\n\n");
}

static void spans_without_fields_have_no_braces(void **state) {
    (void)state;
    static const int formats[] = {CTRACE_TEXT_FULL, CTRACE_TEXT_COMPACT};
    static const char *const expected[] = {" INFO one:two{b=1}: shop::db: m a=2\n",
                                           " INFO one:two: shop::db: m a=2 b=1\n"};
    for (size_t i = 0; i < 2; i++) {
        sink_output output = sink_output_text(
            &(ctrace_text_options){.format = formats[i], .time = CTRACE_TIME_NONE});
        TRACE_WITH_SUBSCRIBER(output.sink) {
            TRACE_SPAN("one", ("none", TRACE_EMPTY));
            TRACE_SPAN("two", ("none", TRACE_EMPTY), ("b", 1));
            TRACE_INFO("m", ("a", 2));
        }
        sink_output_expect(&output, expected[i]);
    }
}

static void recorded_values_are_shown(void **state) {
    (void)state;
    sink_output output = sink_output_text(&(ctrace_text_options){.time = CTRACE_TIME_NONE});
    TRACE_WITH_SUBSCRIBER(output.sink) {
        TRACE_SPAN_AS(span, "one", ("status", TRACE_EMPTY), ("text", "old"));
        TRACE_RECORD(span, ("status", 200));
        TRACE_INFO("m");
        TRACE_RECORD(span, ("text", "new"));
        TRACE_INFO("m");
    }
    sink_output_expect(&output, " INFO one{status=200 text=\"old\"}: shop::db: m\n"
                                " INFO one{status=200 text=\"new\"}: shop::db: m\n");
}

static void log_with(const ctrace_text_options *options, char *line, size_t size) {
    sink_output output = sink_output_text(options);
    TRACE_WITH_SUBSCRIBER(output.sink) {
        TRACE_INFO("m");
    }
    snprintf(line, size, "%s", sink_output_written(&output));
    sink_output_end(&output);
}

/* What this thread is called is the system's affair. */
static void thread(void **state) {
    (void)state;
    char line[128], id[32], name[32], expected[192];
    log_with(&(ctrace_text_options){.time = CTRACE_TIME_NONE, .thread_id = true}, line,
             sizeof line);
    assert_int_equal(sscanf(line, " INFO ThreadId(%20[0-9]) shop::db: m", id), 1);
    log_with(&(ctrace_text_options){.time = CTRACE_TIME_NONE, .thread_name = true}, line,
             sizeof line);
    assert_int_equal(sscanf(line, " INFO %31s shop::db: m", name), 1);
    log_with(
        &(ctrace_text_options){.time = CTRACE_TIME_NONE, .thread_id = true, .thread_name = true},
        line, sizeof line);
    snprintf(expected, sizeof expected, " INFO %s ThreadId(%s) shop::db: m\n", name, id);
    assert_string_equal(line, expected);
}

static void uptimes_are_aligned(void **state) {
    (void)state;
    sink_output output = sink_output_text(&(ctrace_text_options){.time = CTRACE_TIME_UPTIME});
    TRACE_WITH_SUBSCRIBER(output.sink) {
        TRACE_INFO("m");
    }
    const char *line = sink_output_written(&output);
    assert_memory_equal(line, "   ", 3);
    assert_string_equal(strchr(line, 's'), "s  INFO shop::db: m\n");
    assert_int_equal(strchr(line, 's') - line, 11);
    sink_output_end(&output);
}

static void without_braces_in_colour_neither(void **state) {
    (void)state;
    sink_output output = sink_output_text(
        &(ctrace_text_options){.time = CTRACE_TIME_NONE, .color = CTRACE_COLOR_ALWAYS});
    TRACE_WITH_SUBSCRIBER(output.sink) {
        TRACE_SPAN("one", ("none", TRACE_EMPTY));
        TRACE_INFO("", ("a", 1));
    }
    sink_output_expect(&output, "\x1b[32m INFO\x1b[0m \x1b[1mone\x1b[0m\x1b[2m:\x1b[0m "
                                "\x1b[2mshop::db: \x1b[0m\x1b[3ma\x1b[0m\x1b[2m=\x1b[0m1\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_are_aligned),
        cmocka_unit_test(nothing_but_the_message),
        cmocka_unit_test(spans_without_fields_have_no_braces),
        cmocka_unit_test(recorded_values_are_shown),
        cmocka_unit_test(thread),
        cmocka_unit_test(uptimes_are_aligned),
        cmocka_unit_test(without_braces_in_colour_neither),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The formats, byte for byte, as they stand in tests/golden. With CTRACE_UPDATE_GOLDEN set in the
 * environment the files are written instead: look at the difference before you commit it. */
#define TRACE_TARGET "shop::db"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctrace/subscriber.h"
#include "ctrace/trace.h"
#include "support/sink_output.h"

/* Each use of a macro is one line: of several, gcc counts the last and clang the first. */
/* clang-format off */
#line 1 "shop/db.c"
static void work(void) {
    TRACE_INFO("ready");
    TRACE_SPAN("request", ("method", "GET"), ("path", "/x"), ("status", TRACE_EMPTY));
    TRACE_DEBUG("authorised", ("user", 42u), ("admin", TRACE_BOOL(false)));
    {
        TRACE_SPAN_AS(query, "query", ("table", "users"), ("rows", TRACE_EMPTY));
        TRACE_INFO("slow query", ("took", TRACE_NS(1500000)), ("rows", 3));
        TRACE_RECORD(query, ("rows", 3));
        TRACE_WARNF("%d of %d pages missing", 2, 7);
        TRACE_ERROR("connection lost", ("reason", TRACE_ERRNO(ENOENT)), ("ratio", 0.25), ("peer", TRACE_HEX(0xc0a80001)), ("mac", TRACE_BYTES("\x02\x42", 2)), ("note", "said \"no\"\n\x1b[31m"), ("nothing", (const char *)NULL));
    }
    TRACE_SPAN("reply");
    TRACE_TRACE("", ("bytes", 512), ("name", "x"));
}
#line 39 "golden_test.c"
/* clang-format on */

static void write_file(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fputs(text, file) < 0, 0);
    assert_int_equal(fclose(file), 0);
}

static char *read_file(const char *path) {
    enum { MOST = 1 << 16 };
    FILE *file = fopen(path, "r");
    char *text = malloc(MOST);
    if (file == NULL || text == NULL) {
        fail_msg("cannot read %s", path);
        abort();
    }
    text[fread(text, 1, MOST - 1, file)] = '\0';
    fclose(file);
    return text;
}

static void compare_with_file(const char *written, const char *name) {
    char path[1024];
    snprintf(path, sizeof path, "%s/golden/%s", CTRACE_TEST_DIR, name);
    if (getenv("CTRACE_UPDATE_GOLDEN") != NULL) {
        write_file(path, written);
    }
    char *expected = read_file(path);
    assert_string_equal(written, expected);
    free(expected);
}

static void compare(sink_output *output, const char *name) {
    TRACE_WITH_SUBSCRIBER(output->sink) {
        work();
    }
    compare_with_file(sink_output_written(output), name);
    sink_output_end(output);
}

static void compare_text(const ctrace_text_options *options, const char *name) {
    sink_output output = sink_output_text(options);
    compare(&output, name);
}

static void compare_json(const ctrace_json_options *options, const char *name) {
    sink_output output = sink_output_json(options);
    compare(&output, name);
}

enum { SPAN_EVENTS = CTRACE_SPAN_EVENTS_NEW | CTRACE_SPAN_EVENTS_ENTER | CTRACE_SPAN_EVENTS_EXIT };

static void full(void **state) {
    (void)state;
    compare_text(&(ctrace_text_options){.time = CTRACE_TIME_NONE}, "full.txt");
}

static void full_with_everything(void **state) {
    (void)state;
    compare_text(&(ctrace_text_options){.time = CTRACE_TIME_NONE,
                                        .file = true,
                                        .line = true,
                                        .function = true,
                                        .span_events = SPAN_EVENTS},
                 "full-options.txt");
}

static void full_in_color(void **state) {
    (void)state;
    compare_text(&(ctrace_text_options){.time = CTRACE_TIME_NONE,
                                        .color = CTRACE_COLOR_ALWAYS,
                                        .line = true},
                 "full-color.txt");
}

static void compact(void **state) {
    (void)state;
    compare_text(&(ctrace_text_options){.time = CTRACE_TIME_NONE, .format = CTRACE_TEXT_COMPACT},
                 "compact.txt");
}

static void compact_in_color(void **state) {
    (void)state;
    compare_text(&(ctrace_text_options){.time = CTRACE_TIME_NONE,
                                        .format = CTRACE_TEXT_COMPACT,
                                        .color = CTRACE_COLOR_ALWAYS},
                 "compact-color.txt");
}

static void pretty(void **state) {
    (void)state;
    compare_text(&(ctrace_text_options){.time = CTRACE_TIME_NONE,
                                        .format = CTRACE_TEXT_PRETTY,
                                        .function = true},
                 "pretty.txt");
}

static void pretty_in_color(void **state) {
    (void)state;
    compare_text(&(ctrace_text_options){.time = CTRACE_TIME_NONE,
                                        .format = CTRACE_TEXT_PRETTY,
                                        .color = CTRACE_COLOR_ALWAYS,
                                        .no_target = true},
                 "pretty-color.txt");
}

static void json(void **state) {
    (void)state;
    compare_json(&(ctrace_json_options){.time = CTRACE_TIME_NONE, .no_ids = true}, "flat.json");
}

static void json_with_everything(void **state) {
    (void)state;
    compare_json(&(ctrace_json_options){.time = CTRACE_TIME_NONE,
                                        .no_ids = true,
                                        .file = true,
                                        .line = true,
                                        .function = true,
                                        .span_events = SPAN_EVENTS},
                 "flat-options.json");
}

static void json_nested(void **state) {
    (void)state;
    compare_json(&(ctrace_json_options){.time = CTRACE_TIME_NONE, .nested = true}, "nested.json");
}

static void json_nested_with_everything(void **state) {
    (void)state;
    compare_json(&(ctrace_json_options){.time = CTRACE_TIME_NONE,
                                        .nested = true,
                                        .file = true,
                                        .line = true,
                                        .function = true,
                                        .span_events = SPAN_EVENTS},
                 "nested-options.json");
}

static void logfmt(void **state) {
    (void)state;
    sink_output output =
        sink_output_logfmt(&(ctrace_logfmt_options){.time = CTRACE_TIME_NONE, .no_ids = true});
    compare(&output, "logfmt.txt");
}

static void logfmt_with_everything(void **state) {
    (void)state;
    sink_output output = sink_output_logfmt(&(ctrace_logfmt_options){.time = CTRACE_TIME_NONE,
                                                                     .no_ids = true,
                                                                     .file = true,
                                                                     .line = true,
                                                                     .function = true,
                                                                     .span_events = SPAN_EVENTS});
    compare(&output, "logfmt-options.txt");
}

/* Durations differ each time: a line that closes a span ends with its name here. */
static void take_durations_out(char *text) {
    char *to = text;
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        if (strstr(line, "\xe2\x94\x94") != NULL) {
            *strchr(strstr(line, "\xe2\x94\x94") + 4, ' ') = '\0';
        }
        const size_t size = strlen(line);
        memmove(to, line, size);
        to[size] = '\n';
        to += size + 1;
    }
    *to = '\0';
}

static void compare_tree(const ctrace_tree_options *options, const char *name) {
    char text[4096];
    sink_output output = sink_output_tree(options);
    TRACE_WITH_SUBSCRIBER(output.sink) {
        work();
    }
    assert_true(strlen(sink_output_written(&output)) < sizeof text);
    strcpy(text, sink_output_written(&output));
    take_durations_out(text);
    compare_with_file(text, name);
    sink_output_end(&output);
}

static void tree(void **state) {
    (void)state;
    compare_tree(&(ctrace_tree_options){.time = CTRACE_TIME_NONE}, "tree.txt");
}

static void tree_in_color(void **state) {
    (void)state;
    compare_tree(&(ctrace_tree_options){.time = CTRACE_TIME_NONE, .color = CTRACE_COLOR_ALWAYS},
                 "tree-color.txt");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full),
        cmocka_unit_test(full_with_everything),
        cmocka_unit_test(full_in_color),
        cmocka_unit_test(compact),
        cmocka_unit_test(compact_in_color),
        cmocka_unit_test(pretty),
        cmocka_unit_test(pretty_in_color),
        cmocka_unit_test(json),
        cmocka_unit_test(json_with_everything),
        cmocka_unit_test(json_nested),
        cmocka_unit_test(json_nested_with_everything),
        cmocka_unit_test(logfmt),
        cmocka_unit_test(logfmt_with_everything),
        cmocka_unit_test(tree),
        cmocka_unit_test(tree_in_color),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#define TRACE_TARGET "shop::db"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctrace/subscriber.h"
#include "ctrace/trace.h"
#include "support/sink_output.h"

/* ---- Constructors ---- */

static void count_free(void *state) {
    *(int *)state += 1;
}

static ctrace_status write_nothing(void *state, const char *bytes, size_t size) {
    (void)state, (void)bytes, (void)size;
    return CTRACE_OK;
}

static ctrace_writer *counted_writer(int *freed) {
    static const ctrace_writer_ops ops = {
        .size = sizeof ops, .write = write_nothing, .free = count_free};
    return ctrace_writer_new(&ops, freed);
}

static void assert_refused(ctrace_text_options options, const char *why) {
    int freed = 0;
    assert_null(ctrace_text_new(counted_writer(&freed), &options));
    assert_non_null(strstr(ctrace_last_error(), why));
    assert_int_equal(freed, 1);
}

static void bad_options(void **state) {
    (void)state;
    assert_refused((ctrace_text_options){.format = 3}, "format is 3");
    assert_refused((ctrace_text_options){.format = -1}, "format is -1");
    assert_refused((ctrace_text_options){.time = 4}, "time is 4");
    assert_refused((ctrace_text_options){.color = 3}, "color is 3");
    assert_refused((ctrace_text_options){.span_events = 16}, "span_events is 0x10");
    assert_refused((ctrace_text_options){.reserved = {0, 1}}, "reserved");
}

static void no_writer(void **state) {
    (void)state;
    sink_output fine = sink_output_text(NULL); /* what went wrong before is forgotten */
    sink_output_end(&fine);
    assert_null(ctrace_text_new(NULL, NULL));
    assert_non_null(strstr(ctrace_last_error(), "writer"));
    assert_null(ctrace_text_new(NULL, &(ctrace_text_options){.format = 9}));
}

static void what_was_wrong_first_is_the_reason(void **state) {
    (void)state;
    assert_null(ctrace_text_new(ctrace_file_writer_new("/nowhere/at/all", NULL), NULL));
    assert_non_null(strstr(ctrace_last_error(), "/nowhere/at/all"));
}

static void the_writer_goes_with_the_sink(void **state) {
    (void)state;
    int freed = 0;
    ctrace_subscriber *sink = ctrace_text_new(counted_writer(&freed), NULL);
    assert_non_null(sink);
    TRACE_WITH_SUBSCRIBER(sink) {
        TRACE_INFO("m");
    }
    assert_int_equal(freed, 0);
    ctrace_subscriber_unref(sink);
    assert_int_equal(freed, 1);
}

/* ---- Colour ---- */

/* Whether what goes to a terminal, or with `to_pipe` to a pipe, has colour. */
static bool has_color(bool to_pipe, int color) {
    char line[256];
    int ends[2] = {posix_openpt(O_RDWR | O_NOCTTY), -1};
    if (to_pipe) {
        close(ends[0]);
        assert_int_equal(pipe(ends), 0);
    } else {
        assert_int_equal(grantpt(ends[0]), 0);
        assert_int_equal(unlockpt(ends[0]), 0);
        ends[1] = open(ptsname(ends[0]), O_RDWR | O_NOCTTY);
    }
    assert_true(ends[0] >= 0 && ends[1] >= 0);
    ctrace_subscriber *sink = ctrace_text_new(ctrace_fd_writer_new(ends[1], NULL),
                                              &(ctrace_text_options){.color = color});
    TRACE_WITH_SUBSCRIBER(sink) {
        TRACE_INFO("m");
    }
    ctrace_subscriber_unref(sink);
    const ssize_t size = read(ends[0], line, sizeof line - 1);
    assert_true(size > 0);
    line[size] = '\0';
    close(ends[0]);
    close(ends[1]);
    return strchr(line, '\x1b') != NULL;
}

static void colour_is_for_terminals(void **state) {
    (void)state;
    unsetenv("NO_COLOR");
    setenv("TERM", "xterm", 1);
    assert_true(has_color(false, CTRACE_COLOR_AUTO));
    assert_false(has_color(true, CTRACE_COLOR_AUTO));
    assert_true(has_color(true, CTRACE_COLOR_ALWAYS));
    assert_false(has_color(false, CTRACE_COLOR_NEVER));
    setenv("NO_COLOR", "", 1);
    assert_true(has_color(false, CTRACE_COLOR_AUTO));
    setenv("NO_COLOR", "1", 1);
    assert_false(has_color(false, CTRACE_COLOR_AUTO));
    assert_true(has_color(false, CTRACE_COLOR_ALWAYS));
    unsetenv("NO_COLOR");
    setenv("TERM", "dumb", 1);
    assert_false(has_color(false, CTRACE_COLOR_AUTO));
}

/* ---- What comes from outside ---- */

static void assert_one_line_of_text(const sink_output *output, const char *what) {
    const char *line = sink_output_written(output);
    const size_t size = strlen(line);
    for (size_t i = 0; i + 1 < size; i++) {
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f) {
            fail_msg("%s: control character %d at byte %zu", what, line[i], i);
        }
    }
    assert_int_equal(line[size - 1], '\n');
}

static void everything_is_one_line(void **state) {
    (void)state;
    static const char evil[] = "\n\r\x1b]0;x\x07\x7f\xc2\x9b\xe2\x80\xa8\xff\xed\xa0\x80\"\\";
    static const int formats[] = {CTRACE_TEXT_FULL, CTRACE_TEXT_COMPACT};
    for (size_t i = 0; i < 2; i++) {
        sink_output output = sink_output_text(&(ctrace_text_options){
            .format = formats[i], .color = CTRACE_COLOR_NEVER, .file = true, .function = true});
        TRACE_WITH_SUBSCRIBER(output.sink) {
            TRACE_SPAN("span\n\x1b[0m", ("key\n\x1b", evil));
            TRACE_INFO("message\n\x1b[0m\xff", ("key\r", evil), ("n", TRACE_STRN("\0\n", 2)));
        }
        assert_one_line_of_text(&output, "fixed");
        sink_output_end(&output);
        output = sink_output_text(&(ctrace_text_options){.format = formats[i]});
        TRACE_WITH_SUBSCRIBER(output.sink) {
            TRACE_INFOF("%s", evil);
        }
        assert_one_line_of_text(&output, "formatted");
        sink_output_end(&output);
    }
}

static void a_mebibyte_is_one_line(void **state) {
    (void)state;
    enum { SIZE = 1 << 20 };
    char *text = malloc(SIZE + 1);
    assert_non_null(text);
    memset(text, '\n', SIZE);
    text[SIZE] = '\0';
    sink_output output = sink_output_text(NULL);
    TRACE_WITH_SUBSCRIBER(output.sink) {
        TRACE_SPAN("s", ("text", (const char *)text));
        TRACE_INFOF("%s", text);
    }
    assert_one_line_of_text(&output, "long");
    assert_true(strlen(sink_output_written(&output)) > (size_t)4 * SIZE);
    sink_output_end(&output);
    free(text);
}

static void errno_is_the_hosts(void **state) {
    (void)state;
    sink_output output = sink_output_text(NULL);
    TRACE_WITH_SUBSCRIBER(output.sink) {
        errno = EDOM;
        TRACE_INFO("m", ("e", TRACE_ERRNO(99999)));
        assert_int_equal(errno, EDOM);
    }
    sink_output_end(&output);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_options),
        cmocka_unit_test(no_writer),
        cmocka_unit_test(what_was_wrong_first_is_the_reason),
        cmocka_unit_test(the_writer_goes_with_the_sink),
        cmocka_unit_test(colour_is_for_terminals),
        cmocka_unit_test(everything_is_one_line),
        cmocka_unit_test(a_mebibyte_is_one_line),
        cmocka_unit_test(errno_is_the_hosts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

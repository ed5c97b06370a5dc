/* ctrace_init() obeys options and environment, and says what it cannot follow. Each case is a
 * process of its own, since it begins with nobody listening. */
#include "ctrace/filter.h"
#include "ctrace/trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char output[16384]; /* what the child wrote to standard error and standard output */
static int status;         /* its exit status */

static void collect(int from) {
    size_t used = 0;
    ssize_t got;
    while ((got = read(from, output + used, sizeof output - 1 - used)) > 0) {
        used += (size_t)got;
    }
    output[used] = '\0';
}

/* Runs `child` in a process of its own, where NAME=VALUE settings hold; NULL ends them. */
static void run(int (*child)(void), ...) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    va_list settings;
    va_start(settings, child);
    const pid_t pid = fork();
    if (pid == 0) {
        for (char *one; (one = va_arg(settings, char *)) != NULL;) {
            putenv(one);
        }
        dup2(ends[1], STDERR_FILENO);
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        exit(child());
    }
    va_end(settings);
    close(ends[1]);
    collect(ends[0]);
    close(ends[0]);
    int ended;
    assert_int_equal(waitpid(pid, &ended, 0), pid);
    assert_true(WIFEXITED(ended));
    status = WEXITSTATUS(ended);
}

static void assert_says(const char *text) {
    if (strstr(output, text) == NULL) {
        fail_msg("\"%s\" is not in: %s", text, output);
    }
}

static void assert_silent_about(const char *text) {
    if (strstr(output, text) != NULL) {
        fail_msg("\"%s\" is in: %s", text, output);
    }
}

static int emit(void) {
    TRACE_SPAN("work", ("id", 7));
    TRACE_INFO("hello", ("n", 1));
    TRACE_DEBUG("details");
    TRACE_ERROR("failed");
    return 0;
}

static int init_and_emit(void) {
    return ctrace_init() == CTRACE_OK ? emit() : 1;
}

static void text_from_info_is_the_default(void **state) {
    (void)state;
    run(init_and_emit, NULL);
    assert_int_equal(status, 0);
    assert_says("  INFO work{id=7}: init_test.c: hello n=1\n");
    assert_says(" ERROR ");
    assert_silent_about("details");
    assert_silent_about("\033");
}

static void the_environment_is_obeyed(void **state) {
    (void)state;
    run(init_and_emit, "CTRACE_LOG=debug", "CTRACE_FORMAT=json", "CTRACE_OUTPUT=stdout", NULL);
    assert_says("\"level\":\"DEBUG\",\"msg\":\"details\"");
    run(init_and_emit, "CTRACE_LOG=error", NULL);
    assert_silent_about("hello");
    run(init_and_emit, "CTRACE_COLOR=always", NULL);
    assert_says("\033[");
    run(init_and_emit, "CTRACE_LOG=", "CTRACE_FORMAT=", NULL); /* empty counts as unset */
    assert_says("hello");
    run(init_and_emit, "CTRACE_DEFERRED=1", NULL);
    assert_says("  INFO work{id=7}: init_test.c: hello n=1\n");
    assert_says(" ERROR ");
}

static void a_typo_is_reported_once_and_the_default_stands_in(void **state) {
    (void)state;
    run(init_and_emit, "CTRACE_FORMAT=yaml", "CTRACE_COLOR=pink", "CTRACE_OUTPUT=nowhere",
        "CTRACE_LOG=info,db[=debug", "CTRACE_DEFERRED=perhaps", NULL);
    assert_int_equal(status, 0);
    assert_says("ctrace: CTRACE_FORMAT: \"yaml\": expected ");
    assert_says("ctrace: CTRACE_COLOR: \"pink\": expected auto, always or never");
    assert_says("ctrace: CTRACE_OUTPUT: \"nowhere\": expected ");
    assert_says("ctrace: CTRACE_LOG: ");
    assert_says("ctrace: CTRACE_DEFERRED: ");
    assert_says("hello n=1");
}

static int init_twice(void) {
    if (ctrace_init() != CTRACE_OK || ctrace_init() != CTRACE_EALREADY) {
        return 1;
    }
    ctrace_shutdown(0);
    TRACE_INFO("nobody hears this");
    return init_and_emit();
}

static void init_may_follow_shutdown(void **state) {
    (void)state;
    run(init_twice, "CTRACE_FORMAT=yaml", NULL);
    assert_int_equal(status, 0);
    assert_says("hello");
    assert_silent_about("nobody hears this");
    const char *first = strstr(output, "yaml");
    assert_non_null(first);
    assert_null(strstr(first + 1, "yaml")); /* once in a process */
}

static int file_that_cannot_be(void) {
    ctrace_options options = {.output = "file:/nonexistent/folder/log"};
    if (ctrace_init_with(&options) == CTRACE_OK) {
        return 1;
    }
    puts(ctrace_last_error());
    return init_and_emit();
}

static void options_are_errors_where_the_environment_is_lenient(void **state) {
    (void)state;
    run(file_that_cannot_be, NULL);
    assert_int_equal(status, 0);
    assert_says("options.output: \"file:/nonexistent/folder/log\": ");
    assert_says("hello");
    run(init_and_emit, "CTRACE_OUTPUT=file:/nonexistent/folder/log", NULL);
    assert_says("ctrace: CTRACE_OUTPUT: ");
    assert_says("hello");
    run(init_and_emit, "CTRACE_LOG=info warn", NULL);
    assert_says("info warn\n     ^\n2"); /* and the first line */
    assert_says("hello");
    run(init_and_emit, "CTRACE_LOG=[,off", NULL);
    assert_silent_about("hello");
}

static int bad_options(void) {
    const ctrace_options cases[] = {
        {.directives = "info,,=x"}, {.format = "yaml"},  {.output = "nowhere"},
        {.sample_ratio = -1},       {.sample_ratio = 2}, {.fields = "novalue"},
        {.fields = "a=\"open"},     {.reserved = {1}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (ctrace_init_with(&cases[i]) == CTRACE_OK || *ctrace_last_error() == '\0') {
            printf("case %zu was taken\n", i);
            return 1;
        }
    }
    return init_and_emit();
}

static void wrong_options_are_refused_and_change_nothing(void **state) {
    (void)state;
    run(bad_options, NULL);
    assert_int_equal(status, 0);
    assert_says("hello");
}

static int options_win(void) {
    ctrace_options options = {.directives = "debug",
                              .format = "json",
                              .output = "stdout",
                              .fields = "service=shop, version=\"1.2\""};
    return ctrace_init_with(&options) == CTRACE_OK ? emit() : 1;
}

static void options_go_before_the_environment(void **state) {
    (void)state;
    run(options_win, "CTRACE_LOG=off", "CTRACE_FORMAT=text", NULL);
    assert_int_equal(status, 0);
    assert_says("\"msg\":\"details\"");
    assert_says("\"service\":\"shop\",\"version\":\"1.2\"");
}

static int emit_into_closed_output(void) {
    close(STDOUT_FILENO);
    return init_and_emit();
}

static void an_output_that_is_closed_is_said(void **state) {
    (void)state;
    run(emit_into_closed_output, "CTRACE_OUTPUT=stdout", NULL);
    assert_int_equal(status, 0);
    assert_says("CTRACE_OUTPUT: \"stdout\": cannot write to descriptor 1");
    assert_says("hello");
}

/* Of 1,000 traces of two events, with the filter changed on the way. */
static int sample_traces(void) {
    ctrace_options options = {.directives = "info", .output = "stdout", .sample_ratio = 0.02};
    if (ctrace_init_with(&options) != CTRACE_OK) {
        return 1;
    }
    TRACE_INFO("outside");
    for (int i = 0; i < 1000; i++) {
        if (i == 500 && ctrace_set_filter("info,init_test.c=warn,[work]=info") != CTRACE_OK) {
            return 2;
        }
        TRACE_SPAN("work", ("i", i));
        TRACE_INFO("first");
        TRACE_INFO("second");
    }
    return 0;
}

static size_t count_of(const char *text) {
    size_t count = 0;
    for (const char *at = output; (at = strstr(at, text)) != NULL; at++) {
        count++;
    }
    return count;
}

static void traces_are_sampled(void **state) {
    (void)state;
    run(sample_traces, NULL);
    assert_int_equal(status, 0);
    assert_says("outside");
    assert_in_range(count_of("first"), 1, 60); /* 20 are expected; others once in 10^8 runs */
    assert_int_equal(count_of("first"), count_of("second"));
    run(sample_traces, "CTRACE_DEFERRED=1", NULL);
    assert_int_equal(status, 0);
    assert_says("outside");
    assert_in_range(count_of("first"), 1, 60);
    assert_int_equal(count_of("first"), count_of("second"));
}

static int change_filter(void) {
    if (ctrace_set_filter("debug") != CTRACE_EINVAL) { /* nothing is installed yet */
        return 1;
    }
    if (ctrace_init() != CTRACE_OK || ctrace_set_filter("debug") != CTRACE_OK ||
        ctrace_set_filter("][") != CTRACE_EPARSE) {
        return 2;
    }
    emit();
    ctrace_set_filter("off");
    TRACE_ERROR("silenced");
    return 0;
}

static void the_filter_can_be_changed(void **state) {
    (void)state;
    run(change_filter, NULL);
    assert_int_equal(status, 0);
    assert_says("details");
    assert_silent_about("silenced");
}

static void emit_at_exit(void) {
    TRACE_INFO("at exit");
}

static int leave_late(void) {
    atexit(emit_at_exit); /* runs after the library's own */
    ctrace_init();
    atexit(emit_at_exit); /* runs before it */
    return 0;
}

static void exit_handlers_may_emit(void **state) {
    (void)state;
    run(leave_late, NULL);
    assert_int_equal(status, 0);
    const char *first = strstr(output, "at exit");
    assert_non_null(first);
    assert_null(strstr(first + 1, "at exit"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_from_info_is_the_default),
        cmocka_unit_test(the_environment_is_obeyed),
        cmocka_unit_test(a_typo_is_reported_once_and_the_default_stands_in),
        cmocka_unit_test(init_may_follow_shutdown),
        cmocka_unit_test(options_are_errors_where_the_environment_is_lenient),
        cmocka_unit_test(wrong_options_are_refused_and_change_nothing),
        cmocka_unit_test(options_go_before_the_environment),
        cmocka_unit_test(an_output_that_is_closed_is_said),
        cmocka_unit_test(traces_are_sampled),
        cmocka_unit_test(the_filter_can_be_changed),
        cmocka_unit_test(exit_handlers_may_emit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* ctrace cat: what it prints, what it says about damage, and its exit status. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctrace/deferred.h"
#include "ctrace/trace.h"
#include "record/file.h"

#define TOOL CTRACE_PLUGIN_DIR "/../../ctrace"

static char path[] = "/tmp/ctrace-cat-XXXXXX";
static char output[65536];

static const ctrace_recorder_options small = {.max_bytes = 128 << 10, .thread_bytes = 64 << 10};

/* Runs the tool with standard error behind standard output, and returns its exit status. */
static int cat(const char *arguments) {
    char command[512];
    snprintf(command, sizeof command, "'%s' %s 2>&1", TOOL, arguments);
    FILE *from = popen(command, "r");
    assert_non_null(from);
    const size_t size = fread(output, 1, sizeof output - 1, from);
    output[size] = '\0';
    const int status = pclose(from);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int cat_file(const char *options) {
    char arguments[256];
    snprintf(arguments, sizeof arguments, "cat %s %s", path, options);
    return cat(arguments);
}

static void emit(void) {
    TRACE_SPAN("request", ("user", 42));
    TRACE_INFO("hello", ("n", 7));
    TRACE_DEBUG("in \033[31mcolour\n", ("n", 8));
}

static int record(void **state) {
    (void)state;
    close(mkstemp(path));
    ctrace_subscriber *recorder = ctrace_recorder_new(path, &small);
    assert_non_null(recorder);
    TRACE_WITH_SUBSCRIBER(recorder) {
        emit();
    }
    ctrace_subscriber_unref(recorder);
    return 0;
}

static int forget(void **state) {
    (void)state;
    return unlink(path);
}

static void it_prints_through_any_sink(void **state) {
    (void)state;
    assert_int_equal(cat_file(""), 0);
    assert_non_null(strstr(output, " INFO request{user=42}: recorder_cat_test.c: hello n=7\n"));
    assert_null(strchr(output, '\033'));
    assert_int_equal(cat_file("--format=compact"), 0);
    assert_non_null(strstr(output, "hello n=7 user=42\n"));
    assert_int_equal(cat_file("--format pretty"), 0);
    assert_non_null(strstr(output, "hello"));
    assert_int_equal(cat_file("--format json"), 0);
    assert_non_null(strstr(output, "\"msg\":\"hello\",\"target\":\"recorder_cat_test.c\",\"n\":7"));
}

static void it_filters(void **state) {
    (void)state;
    assert_int_equal(cat_file("--filter info"), 0);
    assert_non_null(strstr(output, "hello"));
    assert_null(strstr(output, "DEBUG"));
    assert_int_equal(cat_file("--filter 'off,[request{user=41}]=trace'"), 0);
    assert_string_equal(output, "");
    assert_int_equal(cat_file("--filter 'off,[request{user=42}]=trace'"), 0);
    assert_non_null(strstr(output, "hello"));
}

static void wrong_usage_is_2(void **state) {
    (void)state;
    assert_int_equal(cat(""), 2);
    assert_int_equal(cat("dog"), 2);
    assert_int_equal(cat("cat"), 2);
    assert_int_equal(cat_file("another"), 2);
    assert_int_equal(cat_file("--colour"), 2);
    assert_int_equal(cat_file("--format xml"), 2);
    assert_int_equal(cat_file("--filter '[['"), 2);
    assert_int_equal(cat("cat /nonexistent"), 2);
    assert_non_null(strstr(output, "/nonexistent: No such file"));
    assert_int_equal(cat("help"), 0);
}

static void damage_is_1_and_says_where(void **state) {
    char expected[128];
    (void)state;
    const int fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, "\x55", 1, CTI_FILE_HEADER + CTI_FILE_SEGMENT_HEADER + 5), 1);
    close(fd);
    assert_int_equal(cat_file(""), 1);
    snprintf(expected, sizeof expected, "%s: offset %d: the record is damaged\n", path,
             CTI_FILE_HEADER + CTI_FILE_SEGMENT_HEADER);
    assert_non_null(strstr(output, expected));
    assert_non_null(strstr(output, "hello n=7"));
    assert_int_equal(cat("cat " TOOL), 1);
    assert_non_null(strstr(output, "offset 0: this is no recording"));
    unlink(path);
    assert_int_equal(record(NULL), 0);
}

/* Records until it is killed; `ready` gets a byte after the first event. */
static pid_t start_recording(const char *file, int ready) {
    const pid_t child = fork();
    if (child != 0) {
        return child;
    }
    if (ctrace_set_global(ctrace_recorder_new(file, &small)) != CTRACE_OK) {
        _exit(2);
    }
    TRACE_INFO("first");
    if (write(ready, "", 1) != 1) {
        _exit(3);
    }
    for (;;) {
        pause();
    }
}

/* It prints what is there, goes on as long as the process lives, and then ends by itself. */
static void it_follows_until_the_process_ends(void **state) {
    char file[64];
    char command[256];
    char line[256];
    char byte;
    int ends[2];
    (void)state;
    snprintf(file, sizeof file, "%s.live", path);
    assert_int_equal(pipe(ends), 0);
    const pid_t child = start_recording(file, ends[1]);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    snprintf(command, sizeof command, "'%s' cat --follow %s", TOOL, file);
    FILE *from = popen(command, "r");
    assert_non_null(from);
    assert_non_null(fgets(line, sizeof line, from)); /* while the process is alive */
    assert_non_null(strstr(line, "first"));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    assert_null(fgets(line, sizeof line, from));
    assert_int_equal(pclose(from), 0);
    close(ends[0]);
    close(ends[1]);
    unlink(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_prints_through_any_sink),
        cmocka_unit_test(it_filters),
        cmocka_unit_test(wrong_usage_is_2),
        cmocka_unit_test(damage_is_1_and_says_where),
        cmocka_unit_test(it_follows_until_the_process_ends),
    };
    return cmocka_run_group_tests(tests, record, forget);
}

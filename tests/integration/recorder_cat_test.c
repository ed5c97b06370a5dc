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
    unlink(path);
    assert_int_equal(record(NULL), 0);
}

static void write_file(const void *bytes, size_t size) {
    const int fd = open(path, O_WRONLY | O_TRUNC);
    assert_int_equal(write(fd, bytes, size), (ssize_t)size);
    close(fd);
}

static void expect_only(const char *reason) {
    char expected[128];
    assert_int_equal(cat_file(""), 1);
    snprintf(expected, sizeof expected, "%s: offset 0: %s\n", path, reason);
    assert_string_equal(output, expected);
}

static void what_is_no_recording_is_called_that_and_no_more(void **state) {
    static char text[3 * CTI_FILE_HEADER];
    (void)state;
    memset(text, 'x', sizeof text);
    write_file(text, sizeof text);
    expect_only("this is no recording");
    write_file(text, 100);
    expect_only("this is no recording");
    write_file(CTI_FILE_MAGIC, 8);
    expect_only("the file is shorter than its header");
    write_file("", 0);
    expect_only("the file is shorter than its header");
    assert_int_equal(record(NULL), 0);
}

static void what_is_no_file_cannot_be_opened(void **state) {
    (void)state;
    assert_int_equal(cat("cat /tmp"), 2);
    assert_string_equal(output, "ctrace cat: /tmp: Is a directory\n");
    assert_int_equal(cat("cat /dev/null"), 2);
    assert_int_equal(cat("convert /tmp --to ctrace -o /nonexistent/output"), 2);
    assert_string_equal(output, "ctrace convert: /tmp: Is a directory\n");
}

/* Records until it is killed, or executes another program when `go` has a byte; `ready` gets a byte
 * after the first event. */
static pid_t start_recording(const char *file, int ready, int go) {
    char byte;
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
    if (read(go, &byte, 1) >= 0) {
        execlp("sleep", "sleep", "60", (char *)NULL);
    }
    _exit(4);
}

typedef struct following {
    char file[64];
    pid_t child;
    int go;
    FILE *from;
} following;

static void expect_line(const following *live, const char *text) {
    char line[256];
    assert_non_null(fgets(line, sizeof line, live->from));
    assert_non_null(strstr(line, text));
}

static void expect_end(const following *live) {
    char line[256];
    assert_null(fgets(line, sizeof line, live->from));
    assert_int_equal(pclose(live->from), 0);
}

/* Follows a process that records, and has printed what was there. */
static following follow(void) {
    following live;
    char command[256];
    char byte;
    int ready[2], go[2];
    snprintf(live.file, sizeof live.file, "%s.live", path);
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(go), 0);
    live.child = start_recording(live.file, ready[1], go[0]);
    live.go = go[1];
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
    close(go[0]);
    snprintf(command, sizeof command, "'%s' cat --follow %s", TOOL, live.file);
    live.from = popen(command, "r");
    assert_non_null(live.from);
    expect_line(&live, "first"); /* while the process is alive */
    return live;
}

/* It prints what is there, goes on as long as the process lives, and then ends by itself. */
static void it_follows_until_the_process_ends(void **state) {
    const following live = follow();
    (void)state;
    kill(live.child, SIGKILL);
    waitpid(live.child, NULL, 0);
    expect_end(&live);
    close(live.go);
    unlink(live.file);
}

static void it_follows_until_the_process_executes_another_program(void **state) {
    const following live = follow();
    (void)state;
    assert_int_equal(write(live.go, "", 1), 1);
    expect_end(&live);
    assert_int_equal(waitpid(live.child, NULL, WNOHANG), 0); /* which goes on */
    kill(live.child, SIGKILL);
    waitpid(live.child, NULL, 0);
    close(live.go);
    unlink(live.file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_prints_through_any_sink),
        cmocka_unit_test(it_filters),
        cmocka_unit_test(wrong_usage_is_2),
        cmocka_unit_test(damage_is_1_and_says_where),
        cmocka_unit_test(what_is_no_recording_is_called_that_and_no_more),
        cmocka_unit_test(what_is_no_file_cannot_be_opened),
        cmocka_unit_test(it_follows_until_the_process_ends),
        cmocka_unit_test(it_follows_until_the_process_executes_another_program),
    };
    return cmocka_run_group_tests(tests, record, forget);
}

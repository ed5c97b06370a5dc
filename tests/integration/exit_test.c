/* What was emitted comes out when the process exits, and nothing holds the exit up. Each case is a
 * process of its own that returns from its main function. */
#include "support/test.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctrace/deferred.h"
#include "ctrace/sinks.h"
#include "ctrace/trace.h"
#include "ctrace/writer.h"
#include "support/sanitized.h"

enum { LONGEST_S = 60 };

/* What `child` returned, in a process whose standard error is `to`; -1 when it was killed. */
static int run(int (*child)(void), int to) {
    const pid_t pid = fork();
    if (pid == 0) {
        alarm(LONGEST_S);
        dup2(to, STDERR_FILENO);
        exit(child());
    }
    int ended = -1;
    assert_int_equal(waitpid(pid, &ended, 0), pid);
    return WIFEXITED(ended) ? WEXITSTATUS(ended) : -1;
}

/* ---- What was emitted is in a file after a normal exit, without ctrace_shutdown() ---- */

static char path[] = "/tmp/ctrace-exit-XXXXXX";
static char content[4096];

static ctrace_subscriber *text_to_file(void) {
    const ctrace_file_writer_options buffered = {.buffer_bytes = 65536};
    return ctrace_text_new(ctrace_file_writer_new(path, &buffered), NULL);
}

/* Empties the file, runs the child, and reads what is there then. */
static void run_with_file(int (*child)(void)) {
    FILE *file = fopen(path, "w+");
    assert_non_null(file);
    assert_int_equal(run(child, STDERR_FILENO), 0);
    content[fread(content, 1, sizeof content - 1, file)] = '\0';
    fclose(file);
}

static unsigned times(const char *text) {
    unsigned count = 0;
    for (const char *at = content; (at = strstr(at, text)) != NULL; at++) {
        count++;
    }
    return count;
}

static int listen_and_emit(ctrace_subscriber *subscriber) {
    if (ctrace_set_global(subscriber) != CTRACE_OK) {
        return 1;
    }
    TRACE_INFO("event 1");
    TRACE_INFO("event 2");
    return 0;
}

static int write_buffered(void) {
    return listen_and_emit(text_to_file());
}

static int write_deferred(void) {
    return listen_and_emit(ctrace_deferred_new(text_to_file(), NULL));
}

static int write_by_hand(void) {
    return listen_and_emit(
        ctrace_deferred_new(text_to_file(), &(ctrace_deferred_options){.manual = true}));
}

static int write_in_place_of_another(void) {
    return ctrace_replace_global(text_to_file()) == CTRACE_OK &&
                   ctrace_replace_global(NULL) == CTRACE_OK
               ? write_deferred()
               : 1;
}

static void who_was_set_is_shut_down(void **state) {
    (void)state;
    int (*const children[])(void) = {write_buffered, write_deferred, write_by_hand,
                                     write_in_place_of_another};
    for (size_t i = 0; i < sizeof children / sizeof children[0]; i++) {
        run_with_file(children[i]);
        assert_int_equal(times("event 1"), 1);
        assert_int_equal(times("event 2"), 1);
    }
}

static int shut_down_before(void) {
    const int status = write_deferred();
    ctrace_shutdown(CTRACE_FOREVER);
    TRACE_INFO("event 1, unheard");
    return status;
}

static void shutting_down_before_is_enough(void **state) {
    (void)state;
    run_with_file(shut_down_before);
    assert_int_equal(times("event 1"), 1);
}

/* Both exit normally, and each writes what is its own. */
static int fork_before_exit(void) {
    const int status = write_buffered();
    const pid_t pid = fork();
    if (pid == 0) {
        TRACE_INFO("of the child");
        exit(0);
    }
    return status != 0 || waitpid(pid, NULL, 0) != pid;
}

static int fork_deferred_before_exit(void) {
    const int status = write_deferred();
    const pid_t pid = fork();
    if (pid == 0) {
        TRACE_INFO("of the child");
        exit(0);
    }
    return status != 0 || waitpid(pid, NULL, 0) != pid;
}

static void parent_and_child_each_write_their_own(void **state) {
    (void)state;
    run_with_file(fork_before_exit);
    assert_int_equal(times("event 1"), 1);
    assert_int_equal(times("of the child"), 1);
    if (may_allocate_after_fork()) { /* the queue's thread may be allocating just then */
        run_with_file(fork_deferred_before_exit);
        assert_int_equal(times("event 1"), 1);
        assert_int_equal(times("of the child"), 1);
    }
}

typedef int plugin_function(const char *);

static int install_from_a_plugin(void) {
    void *handle = dlopen(CTRACE_PLUGIN_DIR "/installer.so", RTLD_NOW | RTLD_LOCAL);
    void *symbol = handle == NULL ? NULL : dlsym(handle, "plugin_install");
    if (symbol == NULL) {
        return 1;
    }
    plugin_function *function;
    memcpy(&function, &symbol, sizeof function);
    return function(path) != 0 || dlclose(handle) != 0;
}

static void who_was_set_by_what_is_unloaded_is_shut_down(void **state) {
    (void)state;
    run_with_file(install_from_a_plugin);
    assert_int_equal(times("from the plugin"), 1);
}

/* ---- Standard error is a pipe that nobody reads ---- */

static int fill_pipe(void) {
    enum { MORE_THAN_A_PIPE_HOLDS = 1500 };
    setenv("CTRACE_DEFERRED", "1", 1);
    if (ctrace_init() != CTRACE_OK) {
        return 1;
    }
    for (int i = 0; i < MORE_THAN_A_PIPE_HOLDS; i++) {
        TRACE_INFO("a line of a hundred bytes, with the time and all that comes before it",
                   ("i", i));
    }
    return 7; /* who writes on this thread does not come here */
}

static void a_full_pipe_holds_up_neither_emitting_nor_the_exit(void **state) {
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(run(fill_pipe, ends[1]), 7);
    close(ends[0]);
    close(ends[1]);
}

static int make_file(void **state) {
    (void)state;
    return close(mkstemp(path));
}

static int remove_file(void **state) {
    (void)state;
    return unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(who_was_set_is_shut_down),
        TEST(shutting_down_before_is_enough),
        TEST(parent_and_child_each_write_their_own),
        TEST(who_was_set_by_what_is_unloaded_is_shut_down),
        TEST(a_full_pipe_holds_up_neither_emitting_nor_the_exit),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}

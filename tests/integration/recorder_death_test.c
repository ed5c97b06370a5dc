/* However a program ends, what it recorded before is in the file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctrace/deferred.h"
#include "ctrace/trace.h"
#include "support/recorded.h"

enum { EVENTS = 1000, ROUNDS = 20 };

static char path[] = "/tmp/ctrace-death-XXXXXX";

/* ---- Ends ---- */

static void die_of_abort(void) {
    abort();
}

static void die_at_null(void) {
    volatile int *volatile nowhere = NULL;
    *nowhere = 1;
}

static volatile unsigned deepest = UINT32_MAX; /* deeper than any stack */

static unsigned fall(unsigned depth) {
    volatile char room[4096];
    room[depth % sizeof room] = 1;
    return depth == deepest ? 0 : fall(depth + 1) + (unsigned)room[0];
}

static void die_of_stack_overflow(void) {
    deepest -= fall(0);
}

static void exit_at_once(void) {
    _exit(0);
}

static void become_another(void) {
    execl("/bin/sh", "sh", "-c", ":", (char *)NULL);
}

static void kill_itself(void) {
    raise(SIGKILL);
}

static void return_from_main(void) {
    exit(0);
}

/* ---- What is left ---- */

static void record_and(void (*end)(void)) {
    const struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    signal(SIGSEGV, SIG_DFL); /* cmocka goes on after these */
    signal(SIGBUS, SIG_DFL);
    signal(SIGABRT, SIG_DFL);
    if (ctrace_set_global(ctrace_recorder_new(path, NULL)) != CTRACE_OK) {
        _exit(9);
    }
    TRACE_SPAN("around");
    for (unsigned i = 0; i < EVENTS; i++) {
        TRACE_INFO("event", ("thread", 0), ("i", i));
    }
    end();
    _exit(8);
}

static void leaves_all(void (*end)(void)) {
    for (unsigned i = 0; i < ROUNDS; i++) {
        recorded seen;
        int status;
        const pid_t child = fork();
        if (child == 0) {
            record_and(end);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_false(WIFEXITED(status) && (WEXITSTATUS(status) == 8 || WEXITSTATUS(status) == 9));
        assert_int_equal(recorded_read(path, &seen), CTRACE_OK);
        assert_int_equal(seen.events, EVENTS);
        assert_int_equal(seen.disordered, 0);
        unlink(path);
    }
}

static void an_abort_leaves_all(void **state) {
    (void)state;
    leaves_all(die_of_abort);
}

static void a_fault_leaves_all(void **state) {
    (void)state;
    leaves_all(die_at_null);
}

static void a_stack_overflow_leaves_all(void **state) {
    (void)state;
    leaves_all(die_of_stack_overflow);
}

static void an_immediate_exit_leaves_all(void **state) {
    (void)state;
    leaves_all(exit_at_once);
}

static void an_exec_leaves_all(void **state) {
    (void)state;
    leaves_all(become_another);
}

static void a_kill_leaves_all(void **state) {
    (void)state;
    leaves_all(kill_itself);
}

static void an_orderly_end_leaves_all(void **state) {
    (void)state;
    leaves_all(return_from_main);
}

static int make_path(void **state) {
    (void)state;
    return close(mkstemp(path));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_abort_leaves_all),
        cmocka_unit_test(a_fault_leaves_all),
        cmocka_unit_test(a_stack_overflow_leaves_all),
        cmocka_unit_test(an_immediate_exit_leaves_all),
        cmocka_unit_test(an_exec_leaves_all),
        cmocka_unit_test(a_kill_leaves_all),
        cmocka_unit_test(an_orderly_end_leaves_all),
    };
    return cmocka_run_group_tests(tests, make_path, NULL);
}

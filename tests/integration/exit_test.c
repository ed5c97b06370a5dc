/* What was emitted comes out when the process exits, and nothing holds the exit up. Each case is a
 * process of its own that returns from its main function. */
#include "support/test.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctrace/trace.h"

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

RUN(TEST(a_full_pipe_holds_up_neither_emitting_nor_the_exit))

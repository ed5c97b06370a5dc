/* A flight recorder: what a program did before it died is in the file, however it died.
 *
 * A child process parses orders and crashes at one of them. It wrote nothing and flushed nothing;
 * the parent reads what the child recorded, as `ctrace cat` would. Usage: crash [PATH] */
#define TRACE_TARGET "orders"
#include <ctrace/deferred.h>
#include <ctrace/record.h>
#include <ctrace/sinks.h>
#include <ctrace/trace.h>
#include <ctrace/writer.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- The program that crashes ---- */

struct order {
    const char *item;
    const char *price;
};

static const struct order orders[] = {{"tea", "3.50"}, {"cake", "4.20"}, {"coffee", NULL}};

static long cents(const char *price) {
    TRACE_FN(("price", price));
    const char *point = strchr(price, '.'); /* nobody thought of an order without a price */
    const long whole = strtol(price, NULL, 10);
    TRACE_TRACE("split", ("whole", whole), ("rest", point));
    return whole * 100 + (point == NULL ? 0 : strtol(point + 1, NULL, 10));
}

static void work(void) {
    long total = 0;
    TRACE_SPAN("bill", ("table", 7));
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        TRACE_SPAN_AT(CTRACE_LEVEL_DEBUG, "order", ("item", orders[i].item));
        total += cents(orders[i].price);
        TRACE_DEBUG("added", ("total", total));
    }
    TRACE_INFO("billed", ("total", total));
}

static int record_and_work(const char *path) {
    const struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core); /* the recording tells enough */
    signal(SIGSEGV, SIG_DFL);         /* also under a sanitizer, which would go on */
    if (ctrace_set_global(ctrace_recorder_new(path, NULL)) != CTRACE_OK) {
        fprintf(stderr, "crash: %s\n", ctrace_last_error());
        return 1;
    }
    work();
    return 0;
}

/* ---- What its recording tells ---- */

static int tell(const char *path) {
    const ctrace_text_options options = {.span_events = CTRACE_SPAN_EVENTS_NEW};
    ctrace_recording *recording = ctrace_recording_open(
        ctrace_text_new(ctrace_fd_writer_new(STDOUT_FILENO, NULL), &options), path, NULL);
    if (recording == NULL || ctrace_recording_read(recording) != CTRACE_OK) {
        fprintf(stderr, "crash: %s\n", ctrace_last_error());
        ctrace_recording_close(recording);
        return 1;
    }
    ctrace_recording_close(recording);
    return 0;
}

int main(int count, char **arguments) {
    const char *path = count > 1 ? arguments[1] : "crash.ctrace";
    const pid_t child = fork();
    if (child == 0) {
        _exit(record_and_work(path));
    }
    int status;
    if (child < 0 || waitpid(child, &status, 0) != child || status == 0) {
        fprintf(stderr, "crash: there was no crash\n");
        return 1;
    }
    printf("The child died (signal %d). Its last steps:\n\n",
           WIFSIGNALED(status) ? WTERMSIG(status) : 0); /* none where a sanitizer was quicker */
    fflush(stdout);
    return tell(path);
}

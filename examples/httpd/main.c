/* An HTTP server that serves files, or passes requests on to another one:
 *
 *     httpd --port P --root DIR            [--timeout SECONDS]
 *     httpd --port P --upstream HOST:PORT  [--timeout SECONDS]
 *
 * It listens on 127.0.0.1, and prints its port on standard output when it is ready; port 0 is one
 * that is free. SIGTERM and SIGINT end it: no new requests, those under way may finish, the trace
 * is brought out, and it exits with 0. What happens is told as CTRACE_LOG and its like say. */
#define TRACE_TARGET "httpd::main"
#include "ctrace/trace.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "worker.h"

enum { MOST_WORKERS = 64 };

/* ---- The command line ---- */

struct command {
    const char *port, *root, *upstream, *timeout;
};

static bool read_number(const char *text, unsigned long most, unsigned *ret_number) {
    char *end;
    const unsigned long number = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || number > most) {
        return false;
    }
    *ret_number = (unsigned)number;
    return true;
}

static bool read_command(char **arguments, struct command *ret_command) {
    for (; *arguments != NULL; arguments += 2) {
        const char **value = strcmp(*arguments, "--port") == 0       ? &ret_command->port
                             : strcmp(*arguments, "--root") == 0     ? &ret_command->root
                             : strcmp(*arguments, "--upstream") == 0 ? &ret_command->upstream
                             : strcmp(*arguments, "--timeout") == 0  ? &ret_command->timeout
                                                                     : NULL;
        if (value == NULL || arguments[1] == NULL) {
            return false;
        }
        *value = arguments[1];
    }
    return ret_command->port != NULL &&
           (ret_command->root == NULL) != (ret_command->upstream == NULL);
}

static bool prepare(const struct command *command, struct server *server) {
    unsigned port;
    unsigned seconds = 10;
    if (!read_number(command->port, 65535, &port) ||
        (command->timeout != NULL && !read_number(command->timeout, 86400, &seconds))) {
        fprintf(stderr, "httpd: --port and --timeout expect numbers\n");
        return false;
    }
    server->patience = (uint64_t)(seconds == 0 ? 1 : seconds) * 1000000000;
    const bool found = command->root != NULL ? server_serve_files(server, command->root)
                                             : server_serve_upstream(server, command->upstream);
    return found && server_listen(server, port);
}

/* ---- Running ---- */

static unsigned start_workers(struct worker *workers, const struct server *server) {
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    const unsigned wanted = cores < 1 ? 1 : cores > MOST_WORKERS ? MOST_WORKERS : (unsigned)cores;
    unsigned count = 0;
    while (count < wanted && worker_start(&workers[count], server, count)) {
        count++;
    }
    if (count < wanted) {
        TRACE_ERROR("cannot start a worker", ("error", TRACE_ERRNO(errno)));
    }
    return count;
}

static void announce(const struct server *server, unsigned workers) {
    TRACE_INFO("listening", ("server.port", server->port), ("workers", workers),
               ("root", server->root), ("upstream", server->upstream));
    printf("%u\n", server->port);
    fflush(stdout);
}

static int run(struct server *server, const sigset_t *ends) {
    static struct worker workers[MOST_WORKERS];
    const unsigned count = start_workers(workers, server);
    int signal_number = 0;
    if (count > 0) {
        announce(server, count);
        sigwait(ends, &signal_number);
        TRACE_INFO("leaving", ("signal", signal_number));
    }
    server_stop(server);
    for (unsigned i = 0; i < count; i++) {
        worker_join(&workers[i]);
    }
    return count > 0 ? 0 : 1;
}

int main(int count, char **arguments) {
    struct command command = {0};
    static struct server server;
    if (count < 2 || !read_command(arguments + 1, &command)) {
        fprintf(stderr, "usage: httpd --port P --root DIR [--timeout SECONDS]\n"
                        "       httpd --port P --upstream HOST:PORT [--timeout SECONDS]\n");
        return 2;
    }
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, NULL); /* in every thread: main waits for them */
    signal(SIGPIPE, SIG_IGN);
    if (!prepare(&command, &server)) {
        return 1;
    }
    ctrace_init();
    const int status = run(&server, &ends);
    ctrace_shutdown(5000000000);
    return status;
}

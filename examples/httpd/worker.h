/* A thread with its loop, its connections and its own way upstream. */
#ifndef HTTPD_WORKER_H
#define HTTPD_WORKER_H

#include <pthread.h>

#include "loop.h"
#include "server.h"

struct upstream;

struct worker {
    const struct server *server;
    unsigned number;
    struct loop loop;
    unsigned connections;
    struct upstream *idle; /* open and to be used again, the last one first */
    unsigned idle_count;
    pthread_t thread;
};

/* Begins to accept. False with errno. */
bool worker_start(struct worker *ret_worker, const struct server *server, unsigned number);

/* Waits until it has ended, after server_stop(). */
void worker_join(struct worker *worker);

#endif

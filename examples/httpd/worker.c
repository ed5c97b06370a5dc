#define TRACE_TARGET "httpd::worker"
#include "worker.h"

#include <errno.h>

#include "connection.h"
#include "ctrace/trace.h"
#include "upstream.h"

static void *run(void *argument) {
    struct worker *worker = argument;
    if (loop_start(&worker->loop, accept_connections, worker)) {
        loop_run(&worker->loop);
    } else {
        TRACE_ERROR("out of memory");
    }
    upstream_close_all(worker);
    TRACE_DEBUG("ended", ("worker", worker->number));
    return NULL;
}

bool worker_start(struct worker *ret_worker, const struct server *server, unsigned number) {
    *ret_worker = (struct worker){.server = server, .number = number};
    if (!loop_begin(&ret_worker->loop, server->stop)) {
        return false;
    }
    errno = pthread_create(&ret_worker->thread, NULL, run, ret_worker);
    return errno == 0;
}

void worker_join(struct worker *worker) {
    pthread_join(worker->thread, NULL);
    loop_end(&worker->loop);
}

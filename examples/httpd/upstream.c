#define TRACE_TARGET "httpd::upstream"
#include "upstream.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctrace/trace.h"

enum { MOST_IDLE = 64 }; /* for each worker */

static void drop(struct upstream *upstream) {
    stream_close(&upstream->stream);
    free(upstream);
}

/* ---- Connecting ---- */

static bool finish_connecting(struct stream *stream) {
    int error = 0;
    socklen_t size = sizeof error;
    if (!stream_wait(stream) || getsockopt(stream->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
        return false;
    }
    errno = error;
    return error == 0;
}

static bool connect_to(const struct worker *worker, struct upstream *upstream) {
    const struct server *server = worker->server;
    struct stream *stream = &upstream->stream;
    const int yes = 1;
    setsockopt(stream->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (connect(stream->fd, (const struct sockaddr *)&server->address, server->address_size) == 0) {
        return true;
    }
    return errno == EINPROGRESS && finish_connecting(stream);
}

static int refuse(void) {
    const int error = errno;
    TRACE_ERROR("cannot connect", ("error", TRACE_ERRNO(error)));
    return error == ETIMEDOUT ? 504 : error == ENOMEM || error == EMFILE ? 503 : 502;
}

static int open_new(struct worker *worker, struct upstream **ret_upstream) {
    struct upstream *upstream = malloc(sizeof *upstream);
    if (upstream == NULL) {
        return refuse();
    }
    upstream->used = false;
    const int fd =
        socket(worker->server->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || !stream_open(&upstream->stream, &worker->loop, fd, worker->server->patience)) {
        free(upstream);
        return refuse();
    }
    if (!connect_to(worker, upstream)) {
        const int status = refuse();
        drop(upstream);
        return status;
    }
    TRACE_DEBUG("connected");
    *ret_upstream = upstream;
    return 0;
}

/* ---- Keeping ---- */

int upstream_take(struct worker *worker, bool may_be_used, struct upstream **ret_upstream) {
    struct upstream *upstream = may_be_used ? worker->idle : NULL;
    if (upstream == NULL) {
        return open_new(worker, ret_upstream);
    }
    worker->idle = upstream->next;
    worker->idle_count--;
    upstream->used = true;
    stream_allow_time(&upstream->stream);
    *ret_upstream = upstream;
    return 0;
}

void upstream_give_back(struct worker *worker, struct upstream *upstream, bool keep) {
    if (!keep || worker->idle_count == MOST_IDLE || upstream->stream.begin < upstream->stream.end) {
        drop(upstream);
        return;
    }
    upstream->next = worker->idle;
    worker->idle = upstream;
    worker->idle_count++;
}

void upstream_close_all(struct worker *worker) {
    while (worker->idle != NULL) {
        struct upstream *upstream = worker->idle;
        worker->idle = upstream->next;
        drop(upstream);
    }
}

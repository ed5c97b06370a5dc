#define TRACE_TARGET "httpd::connection"
#include "connection.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

#include "carrier.h"
#include "ctrace/trace.h"
#include "exchange.h"
#include "respond.h"
#include "route.h"

struct connection {
    struct exchange exchange;
    struct stream stream;
    unsigned requests;
};

/* ---- One request ---- */

static int parse(struct exchange *exchange, ctrace_span *span) {
    TRACE_SPAN_AT(CTRACE_LEVEL_DEBUG, "parse");
    struct request *request = &exchange->request;
    const int status = request_parse(&exchange->head, request);
    const size_t path_size = request->path_size;
    TRACE_RECORD(span, ("http.request.method", request->method),
                 ("url.path", TRACE_STRN(request->target, path_size)));
    if (request->target[path_size] == '?') {
        TRACE_RECORD(span, ("url.query", request->target + path_size + 1));
    }
    TRACE_DEBUG("parsed", ("fields", exchange->head.count), ("refused", status));
    return status;
}

static void answer(struct exchange *exchange, ctrace_span *span, int refused) {
    int status = refused != 0 ? refused : parse(exchange, span);
    if (status == 0) {
        status = route(exchange);
    }
    if (status != 0) {
        respond_status(exchange, status);
    }
    TRACE_RECORD(span, ("http.response.status_code", exchange->status));
    TRACE_INFO("served", ("http.response.status_code", exchange->status),
               ("http.response.body.size", exchange->sent));
}

/* The request's trace is its client's. The connection that it came by is another cause of it. */
static ctrace_span *begin_span(const struct exchange *exchange) {
    ctrace_remote remote;
    const bool continues = carrier_extract(&exchange->head, &remote);
    ctrace_span *span =
        TRACE_SPAN_REMOTE(continues ? &remote : NULL, "request", ("otel.kind", "server"),
                          ("http.request.method", TRACE_EMPTY), ("url.path", TRACE_EMPTY),
                          ("url.query", TRACE_EMPTY), ("http.response.status_code", TRACE_EMPTY));
    ctrace_span_follows(span, ctrace_span_current());
    return span;
}

/* False when the connection is over. */
static bool serve(struct connection *self) {
    struct exchange *exchange = &self->exchange;
    self->stream.idle = self->stream.begin == self->stream.end;
    stream_allow_time(&self->stream);
    const int refused = head_receive(&exchange->head, &self->stream);
    if (refused == HEAD_NOTHING) {
        return false;
    }
    self->requests++;
    exchange->request = (struct request){.method = "", .target = "", .body = body_none};
    exchange->status = 0;
    exchange->sent = 0;
    ctrace_span *span = begin_span(exchange);
    TRACE_IN(span) {
        answer(exchange, span, refused);
    }
    ctrace_span_unref(span);
    return exchange->keep;
}

/* ---- One connection ---- */

/* Who closes with something unread makes the peer's system throw away what we have sent. */
static void linger(struct stream *stream) {
    shutdown(stream->fd, SHUT_WR);
    stream->patience = 1000000000;
    stream_allow_time(stream);
    do {
        stream->idle = true; /* it gives way when the loop ends */
        stream->begin = stream->end;
    } while (stream_fill(stream) > 0);
}

static void run(void *connection) {
    struct connection *self = connection;
    struct worker *worker = self->exchange.worker;
    while (serve(self)) {
    }
    linger(&self->stream);
    TRACE_DEBUG("closed", ("requests", self->requests));
    stream_close(&self->stream);
    free(self);
    worker->connections--;
}

static bool begin(struct worker *worker, int fd) {
    struct connection *self = malloc(sizeof *self);
    if (self == NULL) {
        close(fd);
        return false;
    }
    const int yes = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    self->requests = 0;
    self->exchange.worker = worker;
    self->exchange.client = &self->stream;
    if (!stream_open(&self->stream, &worker->loop, fd, worker->server->patience)) {
        free(self);
        return false;
    }
    worker->connections++;
    if (!loop_start(&worker->loop, run, self)) {
        worker->connections--;
        stream_close(&self->stream);
        free(self);
        return false;
    }
    return true;
}

/* ---- Accepting ---- */

enum { MOST_CONNECTIONS = 4096 }; /* for each worker: what is more waits in the system's queue */

/* The span of the connection stays open as long as its coroutine's task, which begins in it. */
static void welcome(struct worker *worker, int fd, unsigned port) {
    TRACE_SPAN_AT(CTRACE_LEVEL_DEBUG, "accept", ("network.peer.port", port));
    TRACE_DEBUG("accepted", ("worker", worker->number));
    ctrace_span *connection =
        TRACE_SPAN_NEW_AT(CTRACE_LEVEL_DEBUG, "connection", ("network.peer.port", port));
    TRACE_IN(connection) {
        if (!begin(worker, fd)) {
            TRACE_ERROR("cannot serve this connection");
        }
    }
    ctrace_span_unref(connection);
}

/* -1 when the loop ends. */
static int accept_one(struct worker *worker, struct watch *watch, unsigned *ret_port) {
    enum { PAUSE_NS = 100000000 }; /* when there are too many */
    struct sockaddr_in peer;
    for (;;) {
        socklen_t size = sizeof peer;
        const bool full = worker->connections >= MOST_CONNECTIONS;
        const int fd = full ? -1
                            : accept4(worker->server->listener, (struct sockaddr *)&peer, &size,
                                      SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            *ret_port = ntohs(peer.sin_port);
            return fd;
        }
        const bool none = !full && (errno == EAGAIN || errno == EWOULDBLOCK);
        if (!none) {
            TRACE_RATE(1, CTRACE_LEVEL_WARN, "cannot accept", ("error", TRACE_ERRNO(errno)));
        }
        const uint64_t deadline = none ? 0 : worker->loop.now + PAUSE_NS;
        if (loop_wait(&worker->loop, watch, deadline, true) == WAKE_STOP) {
            return -1;
        }
    }
}

void accept_connections(void *argument) {
    struct worker *worker = argument;
    struct watch watch = {NULL};
    unsigned port;
    int fd;
    if (!loop_watch_shared(&worker->loop, worker->server->listener, &watch)) {
        TRACE_ERROR("cannot listen", ("error", TRACE_ERRNO(errno)));
        return;
    }
    while ((fd = accept_one(worker, &watch, &port)) >= 0) {
        welcome(worker, fd, port);
    }
}

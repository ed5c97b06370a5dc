#define TRACE_TARGET "httpd::route"
#include "route.h"

#include <unistd.h>

#include "ctrace/trace.h"
#include "files.h"
#include "proxy.h"

static int find_file(struct exchange *exchange, struct file *ret_file) {
    TRACE_SPAN_AT(CTRACE_LEVEL_DEBUG, "route");
    const struct request *request = &exchange->request;
    const int status = request->is_get || request->is_head
                           ? files_find(exchange->worker->server, request, ret_file)
                           : 405;
    if (status == 0) {
        TRACE_DEBUG("file", ("size", ret_file->size), ("type", ret_file->type));
    } else {
        TRACE_DEBUG("no file", ("http.response.status_code", status));
    }
    return status;
}

static int serve_file(struct exchange *exchange) {
    struct file file;
    const int status = find_file(exchange, &file);
    if (status != 0) {
        return status;
    }
    files_send(exchange, &file);
    close(file.fd);
    return 0;
}

static void find_upstream(const struct server *server) {
    TRACE_SPAN_AT(CTRACE_LEVEL_DEBUG, "route");
    TRACE_DEBUG("upstream", ("server.address", server->upstream_host),
                ("server.port", server->upstream_port));
}

int route(struct exchange *exchange) {
    const struct server *server = exchange->worker->server;
    if (server->root != NULL) {
        return serve_file(exchange);
    }
    find_upstream(server);
    return proxy(exchange);
}

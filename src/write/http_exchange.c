#include "write/http_exchange.h"

#include <stdio.h>

#include "base/atomic.h"
#include "base/clock.h"
#include "write/http_request.h"

static bool send_request(cti_http_connection *connection, const cti_http_request *request,
                         uint64_t deadline_ns) {
    char end[CTI_HTTP_HEAD_END_MAX];
    char *bytes = (char *)(uintptr_t)request->bytes; /* iovec is for reading, too */
    struct iovec pieces[] = {
        {bytes, request->head_size},
        {end, cti_http_request_head_end(end, request->body_size)},
        {bytes + request->head_size, request->body_size},
    };
    return cti_http_send(connection, pieces, 3, deadline_ns);
}

static bool receive_response(cti_http_connection *connection, cti_http_response *response,
                             uint64_t deadline_ns) {
    char space[4096];
    cti_http_progress progress = CTI_HTTP_MORE;
    while (progress == CTI_HTTP_MORE) {
        size_t size = 0;
        if (!cti_http_receive(connection, space, sizeof space, deadline_ns, &size)) {
            response->keeps_alive = false;
            return response->status != 0;
        }
        progress = size == 0 ? cti_http_response_close(response)
                             : cti_http_response_take(response, space, size);
    }
    if (progress == CTI_HTTP_BAD) {
        snprintf(connection->why, sizeof connection->why, "%s", response->why);
    }
    return response->status != 0;
}

/* A server that refuses early may answer without reading all, so a failure to send is no reason not
 * to look for an answer: it is there already, or nothing comes. */
static bool talk(cti_http_connection *connection, const cti_http_request *request,
                 cti_http_response *response, uint64_t deadline_ns) {
    cti_http_response_begin(response);
    if (send_request(connection, request, deadline_ns)) {
        return receive_response(connection, response, deadline_ns);
    }
    char why[sizeof connection->why];
    snprintf(why, sizeof why, "%s", connection->why);
    if (receive_response(connection, response, deadline_ns)) {
        response->keeps_alive = false;
        return true;
    }
    snprintf(connection->why, sizeof connection->why, "%s", why);
    return false;
}

static bool try_once(cti_http_connection *connection, const cti_http_url *url,
                     const cti_http_request *request, cti_http_response *response,
                     uint64_t deadline_ns) {
    if (connection->fd < 0 && !cti_http_connect(connection, url, deadline_ns)) {
        return false;
    }
    const bool answered = talk(connection, request, response, deadline_ns);
    if (!answered || !response->keeps_alive) {
        cti_http_disconnect(connection);
    }
    connection->is_used = true;
    return answered;
}

bool cti_http_exchange(cti_http_connection *connection, const cti_http_url *url,
                       const cti_http_request *request, cti_http_response *response,
                       uint64_t timeout_ns) {
    const uint64_t now = cti_clock_monotonic_ns();
    const uint64_t deadline = timeout_ns < UINT64_MAX - now ? now + timeout_ns : UINT64_MAX;
    if (connection->fd >= 0 && !cti_http_is_quiet(connection)) {
        cti_http_disconnect(connection);
    }
    const bool is_reused = connection->fd >= 0;
    if (try_once(connection, url, request, response, deadline)) {
        return true;
    }
    /* A server may close a connection that was idle at the very moment that we use it again. */
    return is_reused && response->size == 0 && !cti_load_relaxed(connection->stop) &&
           cti_clock_monotonic_ns() < deadline &&
           try_once(connection, url, request, response, deadline);
}

#define TRACE_TARGET "httpd::proxy"
#include "proxy.h"

#include <errno.h>
#include <strings.h>

#include "carrier.h"
#include "ctrace/trace.h"
#include "respond.h"
#include "response.h"
#include "upstream.h"

/* ---- Asking ---- */

static bool goes_upstream(const char *name) {
    return !carrier_has(name) && strcasecmp(name, "expect") != 0;
}

static void put_request(struct text *text, const struct exchange *exchange) {
    const struct request *request = &exchange->request;
    text_begin(text);
    text_put(text, "%s %s HTTP/1.1\r\n", request->method, request->target);
    if (head_get(&exchange->head, "host", 0) == NULL) {
        text_put_field(text, "Host", exchange->worker->server->upstream);
    }
    text_put_fields(text, &exchange->head, goes_upstream);
    text_put_field(text, "Via", request->is_1_1 ? "1.1 httpd" : "1.0 httpd");
    if (request->body.framing == BODY_CHUNKED) {
        text_put_field(text, "Transfer-Encoding", "chunked");
    } else if (head_get(&exchange->head, "content-length", 0) != NULL) {
        text_put(text, "Content-Length: %llu\r\n", (unsigned long long)request->body.left);
    }
    carrier_inject(text);
}

static int status_of_errno(void) {
    return errno == ETIMEDOUT ? 504 : errno == EMSGSIZE ? 431 : 502;
}

/* An upstream that does not want all of the body may have answered already. */
static int send_body(struct exchange *exchange, struct upstream *upstream) {
    struct request *request = &exchange->request;
    const bool chunked = request->body.framing == BODY_CHUNKED;
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    if (request->waits && !stream_write(exchange->client, go_on, sizeof go_on - 1, false)) {
        return 400;
    }
    uint64_t size = 0;
    switch (body_relay(&request->body, exchange->client, &upstream->stream, chunked, &size)) {
    case RELAY_READ_FAILED:
        return errno == ETIMEDOUT ? 408 : 400;
    case RELAY_WRITE_FAILED:
        return errno == ETIMEDOUT ? 504 : 0;
    default:
        TRACE_DEBUG("body passed on", ("http.request.body.size", size));
        return 0;
    }
}

/* Answers like "100 Continue" come before the one that counts. */
static int receive(struct exchange *exchange, struct upstream *upstream, struct head *ret_head,
                   struct response *ret_response) {
    for (int before = 0; before < 8; before++) {
        stream_allow_time(&upstream->stream);
        errno = ENODATA;
        if (head_receive(ret_head, &upstream->stream) != 0) {
            return errno == ETIMEDOUT ? 504 : 502;
        }
        if (!response_parse(ret_head, exchange->request.is_head, ret_response) ||
            ret_response->status == 101) {
            TRACE_ERROR("malformed answer");
            return 502;
        }
        if (ret_response->status >= 200) {
            return 0;
        }
    }
    return 502;
}

static int converse(struct exchange *exchange, struct upstream *upstream, struct head *ret_head,
                    struct response *ret_response) {
    struct text text;
    put_request(&text, exchange);
    if (!text_send(&text, &upstream->stream, !exchange->request.body.over)) {
        return status_of_errno();
    }
    const int status = exchange->request.body.over ? 0 : send_body(exchange, upstream);
    return status != 0 ? status : receive(exchange, upstream, ret_head, ret_response);
}

/* An upstream that was kept may have left without our knowing: then it is asked once more, on a new
 * connection. Only what changes nothing and has no body is sent on one that was kept. */
static int ask(struct exchange *exchange, struct upstream **ret_upstream, struct head *ret_head,
               struct response *ret_response) {
    const struct request *request = &exchange->request;
    bool may_be_used = (request->is_get || request->is_head) && request->body.over;
    for (;;) {
        struct upstream *upstream;
        int status = upstream_take(exchange->worker, may_be_used, &upstream);
        if (status != 0) {
            return status;
        }
        status = converse(exchange, upstream, ret_head, ret_response);
        if (status == 0) {
            *ret_upstream = upstream;
            return 0;
        }
        may_be_used = false;
        const bool again = upstream->used && status == 502;
        upstream_give_back(exchange->worker, upstream, false);
        if (!again) {
            TRACE_ERROR("no answer", ("http.response.status_code", status));
            return status;
        }
        TRACE_DEBUG("the connection was closed meanwhile");
    }
}

static int ask_upstream(struct exchange *exchange, struct upstream **ret_upstream,
                        struct head *ret_head, struct response *ret_response) {
    const struct server *server = exchange->worker->server;
    TRACE_SPAN_AS(span, "upstream", ("otel.kind", "client"),
                  ("http.request.method", exchange->request.method),
                  ("server.address", server->upstream_host), ("server.port", server->upstream_port),
                  ("http.response.status_code", TRACE_EMPTY));
    const int status = ask(exchange, ret_upstream, ret_head, ret_response);
    if (status == 0) {
        TRACE_RECORD(span, ("http.response.status_code", ret_response->status));
        TRACE_INFO("answered");
    }
    return status;
}

/* ---- Passing the answer back ---- */

static bool comes_back(const char *name) {
    (void)name;
    return true;
}

/* Without a length, the end is told by chunks, or to older clients by closing the connection. */
static bool put_framing(struct text *text, const struct exchange *exchange, const struct head *head,
                        const struct response *response) {
    const char *length = head_get(head, "content-length", 0);
    if (length != NULL) {
        text_put_field(text, "Content-Length", length);
    } else if (!response->body.over && exchange->request.is_1_1) {
        text_put_field(text, "Transfer-Encoding", "chunked");
        return true;
    }
    return false;
}

static bool send_head(struct exchange *exchange, const struct head *head,
                      const struct response *response, bool *ret_chunked) {
    struct text text;
    const bool has_end = response->body.over || head_get(head, "content-length", 0) != NULL;
    exchange->request.persistent &= has_end || exchange->request.is_1_1;
    respond_begin(exchange, &text, response->status, response->reason);
    text_put_fields(&text, head, comes_back);
    *ret_chunked = put_framing(&text, exchange, head, response);
    return text_send(&text, exchange->client, !response->body.over);
}

/* False when there is no whole answer. */
static bool answer(struct exchange *exchange, struct stream *from, const struct head *head,
                   struct response *response) {
    TRACE_SPAN_AT(CTRACE_LEVEL_DEBUG, "respond", ("http.response.status_code", response->status));
    bool chunked;
    if (!send_head(exchange, head, response, &chunked)) {
        respond_broken(exchange, "writing the head");
        return false;
    }
    const enum relayed relayed =
        response->body.over
            ? RELAYED
            : body_relay(&response->body, from, exchange->client, chunked, &exchange->sent);
    if (relayed != RELAYED) {
        respond_broken(exchange, relayed == RELAY_READ_FAILED ? "reading from upstream"
                                                              : "writing to the client");
        return false;
    }
    TRACE_DEBUG("sent", ("http.response.body.size", exchange->sent));
    return true;
}

int proxy(struct exchange *exchange) {
    struct head head;
    struct response response;
    struct upstream *upstream = NULL;
    const int status = ask_upstream(exchange, &upstream, &head, &response);
    if (status != 0) {
        return status;
    }
    const bool whole = answer(exchange, &upstream->stream, &head, &response);
    upstream_give_back(exchange->worker, upstream,
                       whole && response.persistent && exchange->request.body.over);
    return 0;
}

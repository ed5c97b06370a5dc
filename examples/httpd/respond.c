#define TRACE_TARGET "httpd::respond"
#include "respond.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "ctrace/trace.h"

static const char *reason_of(int status) {
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        {200, "OK"},
        {400, "Bad Request"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {417, "Expectation Failed"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (reasons[i].status == status) {
            return reasons[i].reason;
        }
    }
    return "";
}

/* What has not been read of this request would be taken for the next one. */
static bool may_keep(const struct exchange *exchange) {
    return exchange->request.persistent && exchange->request.body.over &&
           exchange->client->loop->stop_by == 0;
}

static void put_date(struct text *text) {
    const time_t now = time(NULL);
    struct tm utc;
    char date[64];
    if (gmtime_r(&now, &utc) != NULL &&
        strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &utc) > 0) {
        text_put_field(text, "Date", date);
    }
}

void respond_begin(struct exchange *exchange, struct text *ret_text, int status,
                   const char *reason) {
    exchange->status = status;
    exchange->keep = may_keep(exchange);
    stream_allow_time(exchange->client);
    text_begin(ret_text);
    text_put(ret_text, "HTTP/1.1 %d %s\r\n", status, reason != NULL ? reason : reason_of(status));
    text_put_field(ret_text, "Connection", exchange->keep ? "keep-alive" : "close");
    if (reason == NULL) {
        put_date(ret_text);
    }
}

void respond_broken(struct exchange *exchange, const char *what) {
    TRACE_WARN("answer broken off", ("while", what), ("error", TRACE_ERRNO(errno)),
               ("http.response.body.size", exchange->sent));
    exchange->keep = false;
}

void respond_status(struct exchange *exchange, int status) {
    TRACE_SPAN_AT(CTRACE_LEVEL_DEBUG, "respond", ("http.response.status_code", status));
    struct text text;
    char body[64];
    const int size = snprintf(body, sizeof body, "%d %s\n", status, reason_of(status));
    respond_begin(exchange, &text, status, NULL);
    if (status == 405) {
        text_put_field(&text, "Allow", "GET, HEAD");
    }
    text_put(&text, "Content-Type: text/plain\r\nContent-Length: %d\r\n", size);
    const bool with_body = !exchange->request.is_head;
    if (!text_send(&text, exchange->client, with_body) ||
        (with_body && !stream_write(exchange->client, body, (size_t)size, false))) {
        respond_broken(exchange, "writing");
        return;
    }
    exchange->sent = with_body ? (uint64_t)size : 0;
    TRACE_DEBUG("sent", ("http.response.body.size", exchange->sent));
}

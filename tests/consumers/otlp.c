/* Writes OTLP of every sort, for others to read: the same spans and events to otlp.json, traces.pb
 * and logs.pb in the current folder; or, as otlp URL [protobuf], to a collector. */
#define TRACE_TARGET "shop::db"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctrace/context.h"
#include "ctrace/filter.h"
#include "ctrace/sinks.h"
#include "ctrace/subscriber.h"
#include "ctrace/trace.h"
#include "ctrace/writer.h"

static void emit_values(void) {
    TRACE_WARN("every kind", ("bool", TRACE_BOOL(true)), ("int", -3), ("int", INT64_MIN),
               ("big", UINT64_MAX), ("double", 0.1), ("nan", (double)NAN),
               ("inf", -(double)INFINITY), ("text", "x \"y\" \xc3\xa4"), ("broken", "\xff\xe2\x82"),
               ("null", (const char *)NULL), ("bytes", TRACE_BYTES("\x00\xff\x01\x02", 4)),
               ("hex", TRACE_HEX(255)), ("took", TRACE_NS(1500000)), ("e", TRACE_ERRNO(ENOENT)),
               ("empty", ""), ("key with \"\n", 1));
}

static void emit_usual(void) {
    ctrace_remote remote;
    ctrace_remote cause;
    const char *parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const char *other = "00-11111111111111111111111111111111-2222222222222222-03";
    if (!ctrace_traceparent_parse(parent, strlen(parent), &remote) ||
        !ctrace_traceparent_parse(other, strlen(other), &cause)) {
        abort();
    }
    strcpy(remote.tracestate, "vendor=a,other=b");
    ctrace_span *server = TRACE_SPAN_REMOTE(&remote, "GET /x", ("otel.kind", "server"),
                                            ("http.request.method", "GET"), ("late", TRACE_EMPTY));
    TRACE_IN(server) {
        TRACE_SPAN("query", ("otel.kind", "client"), ("otel.status_code", "ok"));
        ctrace_span_follows(ctrace_span_current(), server);
        ctrace_span_follows_remote(ctrace_span_current(), &cause);
        TRACE_ERROR("ignored by the status", ("n", 1));
        emit_values();
    }
    TRACE_IN(server) {
        TRACE_RECORD(server, ("late", 7));
        TRACE_EVENT(CTRACE_LEVEL_ERROR, "it broke");
    }
    ctrace_span_unref(server);
    TRACE_INFO("outside");
}

static void emit_every_byte(void) {
    char text[256];
    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = (char)(i == 255 ? 0 : i + 1);
    }
    for (size_t i = 0; i < sizeof text; i++) {
        TRACE_SPAN("span\n=\xff", ("key\n\"\xfe", TRACE_STRN(text + i, sizeof text - i)));
        TRACE_INFO("every byte", ("text", TRACE_STRN(text + i, 1)));
        TRACE_INFOF("%s", text + i);
    }
}

static ctrace_subscriber *make(ctrace_writer *writer, int protocol) {
    const ctrace_otlp_options options = {
        .service_name = "shop", .protocol = protocol, .batch_records = 100};
    ctrace_subscriber *sink = ctrace_otlp_new(writer, &options);
    if (sink == NULL) {
        fprintf(stderr, "%s\n", ctrace_last_error());
        exit(1);
    }
    return sink;
}

/* One signal's protobuf: messages behind one another are one message. */
static ctrace_subscriber *make_protobuf(const char *path, const char *other_signal) {
    setenv(other_signal, "none", 1);
    ctrace_subscriber *sink = make(ctrace_file_writer_new(path, NULL), CTRACE_OTLP_PROTOBUF);
    unsetenv(other_signal);
    return sink;
}

static ctrace_subscriber *make_files(void) {
    ctrace_subscriber *all[] = {make(ctrace_file_writer_new("otlp.json", NULL), CTRACE_OTLP_JSON),
                                make_protobuf("traces.pb", "OTEL_LOGS_EXPORTER"),
                                make_protobuf("logs.pb", "OTEL_TRACES_EXPORTER")};
    return ctrace_tee_new(all, 3);
}

int main(int argc, char **argv) {
    const int protocol = argc > 2 ? CTRACE_OTLP_PROTOBUF : CTRACE_OTLP_JSON;
    ctrace_subscriber *sink =
        argc > 1 ? make(ctrace_http_writer_new(argv[1], NULL), protocol) : make_files();
    TRACE_WITH_SUBSCRIBER(sink) {
        emit_usual();
        emit_every_byte();
        ctrace_flush(CTRACE_FOREVER);
    }
    ctrace_subscriber_unref(sink);
    ctrace_stats stats;
    ctrace_stats_get(&stats, sizeof stats);
    return stats.events_lost + stats.spans_lost + stats.write_errors == 0 ? 0 : 1;
}

/* Writes logfmt of every sort to standard output, for others to read. */
#define TRACE_TARGET "shop::db"

#include <errno.h>
#include <stdio.h>

#include "ctrace/sinks.h"
#include "ctrace/subscriber.h"
#include "ctrace/trace.h"
#include "ctrace/writer.h"

static void emit_usual(void) {
    TRACE_SPAN("request", ("method", "GET"), ("path", "/x y"));
    TRACE_SPAN("query", ("table", "users"), ("rows", TRACE_EMPTY));
    TRACE_WARN("slow query", ("took", TRACE_NS(1500000)), ("rows", 3), ("e", TRACE_ERRNO(ENOENT)),
               ("note", "said \"no\""), ("bytes", TRACE_BYTES("\x00\xff", 2)), ("empty", ""),
               ("time", 1), ("key with = and \"", 2));
}

static void emit_every_byte(void) {
    char text[256];
    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = (char)(i == 255 ? 0 : i + 1);
    }
    for (size_t i = 0; i < sizeof text; i++) {
        TRACE_SPAN("span\n=", ("key\n\"", TRACE_STRN(text + i, sizeof text - i)));
        TRACE_INFO("every byte", ("text", TRACE_STRN(text + i, 1)));
        TRACE_INFOF("%s", text + i);
    }
}

int main(void) {
    const ctrace_logfmt_options options = {
        .file = true, .line = true, .thread_id = true, .thread_name = true};
    ctrace_subscriber *sink = ctrace_logfmt_new(ctrace_fd_writer_new(1, NULL), &options);
    if (sink == NULL) {
        fprintf(stderr, "%s\n", ctrace_last_error());
        return 1;
    }
    TRACE_WITH_SUBSCRIBER(sink) {
        emit_usual();
        emit_every_byte();
    }
    ctrace_subscriber_unref(sink);
    return 0;
}

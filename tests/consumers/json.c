/* Writes JSON of every sort to standard output, for others to read; with the argument "nested" in
 * the nested shape. */
#define TRACE_TARGET "shop::db"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ctrace/sinks.h"
#include "ctrace/subscriber.h"
#include "ctrace/trace.h"
#include "ctrace/writer.h"

static void emit_usual(void) {
    TRACE_SPAN("request", ("method", "GET"), ("path", "/x"), ("name", "mine"));
    TRACE_SPAN("query", ("table", "users"), ("rows", TRACE_EMPTY));
    TRACE_WARN("slow query", ("took", TRACE_NS(1500000)), ("rows", 3), ("big", UINT64_MAX),
               ("small", INT64_MIN), ("pi", 3.141592653589793), ("tiny", 5e-324), ("nan", NAN),
               ("e", TRACE_ERRNO(ENOENT)), ("hex", TRACE_HEX(255)), ("null", (void *)NULL),
               ("bytes", TRACE_BYTES("\x00\xff", 2)), ("text", "gr\xc3\xbc\xc3\x9f"));
    TRACE_INFO("", ("time", 1), ("field_time", 2), ("a", 1), ("a_ns", 2), ("a", TRACE_NS(3)));
}

static void emit_every_byte(void) {
    enum { BYTES = 256 };
    char text[BYTES + 1] = "";
    for (size_t i = 0; i < BYTES; i++) {
        text[i] = (char)i;
    }
    for (size_t i = 0; i < BYTES; i++) {
        TRACE_SPAN("span", ("key\n\"", TRACE_STRN(text + i, BYTES - i)));
        TRACE_INFO("every byte", ("text", TRACE_STRN(text + i, BYTES - i)));
        TRACE_INFOF("%s", text + i);
    }
}

int main(int count, char **arguments) {
    const ctrace_json_options options = {
        .nested = count > 1 && strcmp(arguments[1], "nested") == 0,
        .file = true,
        .line = true,
        .function = true,
        .thread_id = true,
        .thread_name = true,
        .span_events = CTRACE_SPAN_EVENTS_CLOSE,
    };
    ctrace_subscriber *sink = ctrace_json_new(ctrace_fd_writer_new(1, NULL), &options);
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

/* Emits one of everything, and tells it as text on standard output:
 *
 *     stream live            at once
 *     stream deferred        through the queue
 *     stream record FILE     not at all: it goes into a recording
 *     stream read FILE       the recording, perhaps from another machine
 *
 * Whatever the target, the text is the same. */
#define TRACE_TARGET "stream"
#include <float.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "ctrace/deferred.h"
#include "ctrace/record.h"
#include "ctrace/sinks.h"
#include "ctrace/trace.h"
#include "ctrace/writer.h"

static void emit(void) {
    TRACE_SPAN_AS(request, "request", ("path", "/x"), ("status", TRACE_EMPTY));
    TRACE_INFO("integers", ("least", INT64_MIN), ("most", UINT64_MAX), ("small", -1),
               ("byte", (uint8_t)200), ("hex", TRACE_HEX(0xbeef)), ("yes", TRACE_BOOL(true)));
    TRACE_DEBUG("others", ("pi", 3.14159), ("least", DBL_MIN), ("most", -DBL_MAX),
                ("took", TRACE_NS(1500000)), ("none", (const char *)NULL),
                ("bytes", TRACE_BYTES("\x01\xff", 2)), ("error", TRACE_ERRNO(2)));
    {
        TRACE_SPAN_AT(CTRACE_LEVEL_WARN, "query", ("rows", 1000000), ("table", "users"));
        TRACE_WARNF("%s: %*d of %lld, %.3f%%", "slow", 4, 7, 123456789012LL, 0.5);
    }
    TRACE_RECORD(request, ("status", 404));
    TRACE_ERROR("done");
}

static ctrace_subscriber *text_new(void) {
    const ctrace_text_options timeless = {.time = CTRACE_TIME_NONE};
    return ctrace_text_new(ctrace_fd_writer_new(1, NULL), &timeless);
}

static ctrace_status emit_to(ctrace_subscriber *subscriber) {
    const ctrace_status status = ctrace_set_global(subscriber);
    emit();
    return status == CTRACE_OK ? ctrace_shutdown(CTRACE_FOREVER) : status;
}

static ctrace_status read_from(const char *path) {
    ctrace_recording *recording = ctrace_recording_open(text_new(), path, NULL);
    const ctrace_status status = recording == NULL ? CTRACE_EIO : ctrace_recording_read(recording);
    ctrace_recording_close(recording);
    return status;
}

static ctrace_status run(const char *how, const char *path) {
    if (strcmp(how, "live") == 0) {
        return emit_to(text_new());
    }
    if (strcmp(how, "deferred") == 0) {
        return emit_to(ctrace_deferred_new(text_new(), NULL));
    }
    return strcmp(how, "record") == 0 ? emit_to(ctrace_recorder_new(path, NULL)) : read_from(path);
}

int main(int count, char **arguments) {
    if (count < 2) {
        fprintf(stderr, "usage: stream live|deferred|record FILE|read FILE\n");
        return 2;
    }
    const ctrace_status status = run(arguments[1], arguments[2]);
    if (status != CTRACE_OK) {
        fprintf(stderr, "stream: %s: %s\n", ctrace_status_text(status), ctrace_last_error());
    }
    return status == CTRACE_OK ? 0 : 1;
}

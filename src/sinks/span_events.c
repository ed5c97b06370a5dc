#include "sinks/span_events.h"

#include <string.h>

#include "sinks/span_clock.h"

static void tell(ctrace_subscriber *subscriber, ctrace_span *span, const ctrace_moment *moment,
                 const char *message, const ctrace_fields *fields) {
    const cti_notice notice = {
        .site = span->site,
        .message = message,
        .message_size = strlen(message),
        .fields = fields,
        .span = span,
        .viewer = subscriber,
        .moment = moment,
    };
    cti_sink *sink = (cti_sink *)subscriber;
    cti_sink_tell(sink, &notice, sink->kind->put);
}

static const ctrace_fields no_fields;

/* ---- What is told ---- */

static void tell_new(ctrace_subscriber *subscriber, ctrace_span *span,
                     const ctrace_moment *moment) {
    tell(subscriber, span, moment, "new", &no_fields);
}

static void tell_enter(ctrace_subscriber *subscriber, ctrace_span *span,
                       const ctrace_moment *moment) {
    tell(subscriber, span, moment, "enter", &no_fields);
}

static void tell_exit(ctrace_subscriber *subscriber, ctrace_span *span,
                      const ctrace_moment *moment) {
    tell(subscriber, span, moment, "exit", &no_fields);
}

static void tell_close(ctrace_subscriber *subscriber, ctrace_span *span,
                       const ctrace_moment *moment) {
    static const char *const keys[] = {"time.busy", "time.idle"};
    ctrace_value values[] = {{.kind = CTRACE_VALUE_NS}, {.kind = CTRACE_VALUE_NS}};
    cti_span_clock_read(subscriber, span, moment, &values[0].as.i64, &values[1].as.i64);
    const ctrace_fields fields = {keys, values, 2};
    tell(subscriber, span, moment, "close", &fields);
}

/* ---- Told, and timed for tell_close() ---- */

static void start_and_tell_new(ctrace_subscriber *subscriber, ctrace_span *span,
                               const ctrace_moment *moment) {
    cti_span_clock_new(subscriber, span, moment);
    tell_new(subscriber, span, moment);
}

static void count_and_tell_enter(ctrace_subscriber *subscriber, ctrace_span *span,
                                 const ctrace_moment *moment) {
    cti_span_clock_enter(subscriber, span, moment);
    tell_enter(subscriber, span, moment);
}

static void count_and_tell_exit(ctrace_subscriber *subscriber, ctrace_span *span,
                                const ctrace_moment *moment) {
    cti_span_clock_exit(subscriber, span, moment);
    tell_exit(subscriber, span, moment);
}

void cti_span_events_install(ctrace_subscriber_ops *ops, unsigned span_events) {
    const bool new = (span_events & CTRACE_SPAN_EVENTS_NEW) != 0;
    const bool enter = (span_events & CTRACE_SPAN_EVENTS_ENTER) != 0;
    const bool exit = (span_events & CTRACE_SPAN_EVENTS_EXIT) != 0;
    if ((span_events & CTRACE_SPAN_EVENTS_CLOSE) != 0) {
        ops->span_data_size = sizeof(cti_span_clock);
        ops->on_span_new = new ? start_and_tell_new : cti_span_clock_new;
        ops->on_span_enter = enter ? count_and_tell_enter : cti_span_clock_enter;
        ops->on_span_exit = exit ? count_and_tell_exit : cti_span_clock_exit;
        ops->on_span_close = tell_close;
    } else {
        ops->on_span_new = new ? tell_new : NULL;
        ops->on_span_enter = enter ? tell_enter : NULL;
        ops->on_span_exit = exit ? tell_exit : NULL;
    }
}

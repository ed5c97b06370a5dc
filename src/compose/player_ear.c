/* A player as a subscriber: what it makes happen comes back to it as if live, and goes on with the
 * moment of the record. */
#include <string.h>

#include "base/memory.h"
#include "compose/player_parts.h"

static cti_player *of(ctrace_subscriber *subscriber) {
    return (cti_player *)subscriber;
}

static void on_span_new(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *now) {
    (void)now;
    span->id = of(self)->id;
    if (span->root == span) {
        memcpy(span->trace_id, of(self)->trace, sizeof span->trace_id);
    }
    ctrace_forward_span_new(of(self)->inner, span, &of(self)->moment);
}

static void on_span_record(ctrace_subscriber *self, ctrace_span *span, const ctrace_fields *fields,
                           const ctrace_moment *now) {
    (void)now;
    ctrace_forward_span_record(of(self)->inner, span, fields, &of(self)->moment);
}

static void on_span_follows(ctrace_subscriber *self, ctrace_span *span, const ctrace_span *cause,
                            const ctrace_moment *now) {
    (void)now;
    ctrace_forward_span_follows(of(self)->inner, span, cause, &of(self)->moment);
}

static void on_span_enter(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *now) {
    (void)now;
    ctrace_forward_span_enter(of(self)->inner, span, &of(self)->moment);
}

static void on_span_exit(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *now) {
    (void)now;
    ctrace_forward_span_exit(of(self)->inner, span, &of(self)->moment);
}

static void on_span_close(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *now) {
    (void)now;
    ctrace_forward_span_close(of(self)->inner, span, &of(self)->moment);
}

static void on_event(ctrace_subscriber *self, const ctrace_event *event,
                     const ctrace_moment *moment) {
    ctrace_forward_event(of(self)->inner, event, moment);
}

static ctrace_subscriber *inner_of(ctrace_subscriber *self, size_t i) {
    return i == 0 ? of(self)->inner : NULL;
}

static void free_player(ctrace_subscriber *self) {
    ctrace_subscriber_unref(of(self)->inner);
    cti_free(self);
}

const ctrace_subscriber_ops cti_player_ops = {
    .size = sizeof cti_player_ops,
    .on_span_new = on_span_new,
    .on_span_record = on_span_record,
    .on_span_follows = on_span_follows,
    .on_span_enter = on_span_enter,
    .on_span_exit = on_span_exit,
    .on_span_close = on_span_close,
    .on_event = on_event,
    .inner = inner_of,
    .free = free_player,
};

#include "support/probe.h"

#include <string.h>

static void begin(probe *self, probe_callback callback, ctrace_span *span) {
    atomic_fetch_add(&self->inside, 1);
    atomic_fetch_add(&self->calls[callback], 1);
    if (self->hook != NULL) {
        self->hook(self, callback, span);
    }
    atomic_fetch_sub(&self->inside, 1);
}

static ctrace_interest on_callsite(ctrace_subscriber *subscriber, const ctrace_callsite *site) {
    probe *self = (probe *)subscriber;
    if (self->only != NULL && strcmp(site->name, self->only) != 0) {
        return CTRACE_INTEREST_NEVER;
    }
    self->last = site->name;
    begin(self, PROBE_CALLSITE, NULL);
    return (ctrace_interest)atomic_load(&self->interest);
}

static bool is_enabled(ctrace_subscriber *subscriber, const ctrace_callsite *site) {
    (void)site;
    probe *self = (probe *)subscriber;
    begin(self, PROBE_ENABLED, NULL);
    return atomic_load(&self->enabled);
}

static void on_new(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *moment) {
    (void)moment;
    begin((probe *)self, PROBE_NEW, span);
}

static void on_record(ctrace_subscriber *self, ctrace_span *span, const ctrace_fields *fields,
                      const ctrace_moment *moment) {
    (void)fields;
    (void)moment;
    begin((probe *)self, PROBE_RECORD, span);
}

static void on_follows(ctrace_subscriber *self, ctrace_span *span, const ctrace_span *cause,
                       const ctrace_moment *moment) {
    (void)cause;
    (void)moment;
    begin((probe *)self, PROBE_FOLLOWS, span);
}

static void on_enter(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *moment) {
    (void)moment;
    begin((probe *)self, PROBE_ENTER, span);
}

static void on_exit(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *moment) {
    (void)moment;
    begin((probe *)self, PROBE_EXIT, span);
}

static void on_close(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *moment) {
    (void)moment;
    begin((probe *)self, PROBE_CLOSE, span);
}

static void on_event(ctrace_subscriber *self, const ctrace_event *event,
                     const ctrace_moment *moment) {
    (void)moment;
    begin((probe *)self, PROBE_EVENT, ctrace_event_span(event, self));
}

static void free_probe(ctrace_subscriber *subscriber) {
    probe *self = (probe *)subscriber;
    if (atomic_load(&self->inside) != 0) {
        atomic_store(&self->freed_too_soon, true);
    }
    begin(self, PROBE_FREE, NULL);
}

ctrace_subscriber *probe_init(probe *self) {
    static const ctrace_subscriber_ops ops = {
        .size = sizeof ops,
        .span_data_size = sizeof(uint64_t),
        .on_callsite = on_callsite,
        .is_enabled = is_enabled,
        .on_span_new = on_new,
        .on_span_record = on_record,
        .on_span_follows = on_follows,
        .on_span_enter = on_enter,
        .on_span_exit = on_exit,
        .on_span_close = on_close,
        .on_event = on_event,
        .free = free_probe,
    };
    memset(self, 0, sizeof *self);
    atomic_store(&self->interest, CTRACE_INTEREST_ALWAYS);
    atomic_store(&self->enabled, true);
    ctrace_subscriber_init(&self->base, &ops);
    return &self->base;
}

size_t probe_calls(const probe *self, probe_callback callback) {
    return atomic_load(&((probe *)(uintptr_t)self)->calls[callback]);
}

ctrace_stats stats_now(void) {
    ctrace_stats stats;
    ctrace_stats_get(&stats, sizeof stats);
    return stats;
}

#include "support/listener.h"

#include <stdio.h>
#include <string.h>

static listener *of(ctrace_subscriber *subscriber) {
    return (listener *)subscriber;
}

static void hear(ctrace_subscriber *subscriber, const char *before, const char *name,
                 const char *after) {
    listener *self = of(subscriber);
    pthread_mutex_lock(&self->lock);
    const size_t room = sizeof self->heard - self->size;
    const int more = snprintf(self->heard + self->size, room, "%s%s%s ", before, name, after);
    if (more > 0 && (size_t)more < room) {
        self->size += (size_t)more;
    }
    pthread_mutex_unlock(&self->lock);
}

static void on_span_new(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *moment) {
    (void)moment;
    const ctrace_span *parent = ctrace_span_parent(span, self);
    char before[64];
    snprintf(before, sizeof before, "+%s%s", parent == NULL ? "" : ctrace_span_name(parent),
             parent == NULL ? "" : "/");
    hear(self, before, ctrace_span_name(span), "");
}

static void on_span_record(ctrace_subscriber *self, ctrace_span *span, const ctrace_fields *fields,
                           const ctrace_moment *moment) {
    (void)moment;
    hear(self, ctrace_span_name(span), "!", ctrace_fields_key(fields, 0));
}

static void on_span_follows(ctrace_subscriber *self, ctrace_span *span, const ctrace_span *cause,
                            const ctrace_moment *moment) {
    (void)moment;
    hear(self, ctrace_span_name(cause), "=>", ctrace_span_name(span));
}

static void on_span_enter(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *moment) {
    (void)moment;
    hear(self, ">", ctrace_span_name(span), "");
}

static void on_span_exit(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *moment) {
    (void)moment;
    hear(self, "<", ctrace_span_name(span), "");
}

static void on_span_close(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *moment) {
    (void)moment;
    hear(self, "-", ctrace_span_name(span), "");
}

static void on_event(ctrace_subscriber *self, const ctrace_event *event,
                     const ctrace_moment *moment) {
    (void)moment;
    const ctrace_span *span = ctrace_event_span(event, self);
    hear(self, span == NULL ? "" : ctrace_span_name(span), ":", ctrace_event_message(event, NULL));
}

static ctrace_interest on_callsite(ctrace_subscriber *self, const ctrace_callsite *site) {
    return of(self)->events_only && site->kind == CTRACE_KIND_SPAN ? CTRACE_INTEREST_NEVER
                                                                   : CTRACE_INTEREST_ALWAYS;
}

static void let_go(ctrace_subscriber *self) {
    pthread_mutex_destroy(&of(self)->lock);
    of(self)->alive = 0;
}

static const ctrace_subscriber_ops ops = {
    .size = sizeof ops,
    .on_callsite = on_callsite,
    .on_span_new = on_span_new,
    .on_span_record = on_span_record,
    .on_span_follows = on_span_follows,
    .on_span_enter = on_span_enter,
    .on_span_exit = on_span_exit,
    .on_span_close = on_span_close,
    .on_event = on_event,
    .free = let_go,
};

ctrace_subscriber *listener_init(listener *self, bool events_only) {
    memset(self, 0, sizeof *self);
    ctrace_subscriber_init(&self->base, &ops);
    pthread_mutex_init(&self->lock, NULL);
    self->events_only = events_only;
    self->alive = 1;
    return &self->base;
}

const char *listener_heard(listener *self) {
    static char copy[sizeof self->heard];
    const bool alive = self->alive != 0; /* else nobody else can hear, and the lock is gone */
    if (alive) {
        pthread_mutex_lock(&self->lock);
    }
    memcpy(copy, self->heard, sizeof copy);
    self->heard[0] = '\0';
    self->size = 0;
    if (alive) {
        pthread_mutex_unlock(&self->lock);
    }
    return copy;
}

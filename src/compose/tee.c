/* Gives everything to each of several subscribers. What each of them wants, and which spans it was
 * given, is the core's bookkeeping: see ctrace_forward_event() and its siblings. */
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "core/status.h"
#include "core/traits.h"
#include "ctrace/filter.h"
#include "ctrace/subscriber.h"

enum { MOST = 64 };

typedef struct tee {
    ctrace_subscriber base;
    size_t count;
    ctrace_subscriber *branches[];
} tee;

static const tee *of(ctrace_subscriber *subscriber) {
    return (const tee *)subscriber;
}

static ctrace_subscriber *inner(ctrace_subscriber *subscriber, size_t i) {
    return i < of(subscriber)->count ? of(subscriber)->branches[i] : NULL;
}

static void on_span_new(ctrace_subscriber *subscriber, ctrace_span *span,
                        const ctrace_moment *moment) {
    for (size_t i = 0; i < of(subscriber)->count; i++) {
        ctrace_forward_span_new(of(subscriber)->branches[i], span, moment);
    }
}

static void on_span_record(ctrace_subscriber *subscriber, ctrace_span *span,
                           const ctrace_fields *fields, const ctrace_moment *moment) {
    for (size_t i = 0; i < of(subscriber)->count; i++) {
        ctrace_forward_span_record(of(subscriber)->branches[i], span, fields, moment);
    }
}

static void on_span_follows(ctrace_subscriber *subscriber, ctrace_span *span,
                            const ctrace_span *cause, const ctrace_moment *moment) {
    for (size_t i = 0; i < of(subscriber)->count; i++) {
        ctrace_forward_span_follows(of(subscriber)->branches[i], span, cause, moment);
    }
}

static void on_span_enter(ctrace_subscriber *subscriber, ctrace_span *span,
                          const ctrace_moment *moment) {
    for (size_t i = 0; i < of(subscriber)->count; i++) {
        ctrace_forward_span_enter(of(subscriber)->branches[i], span, moment);
    }
}

static void on_span_exit(ctrace_subscriber *subscriber, ctrace_span *span,
                         const ctrace_moment *moment) {
    for (size_t i = 0; i < of(subscriber)->count; i++) {
        ctrace_forward_span_exit(of(subscriber)->branches[i], span, moment);
    }
}

static void on_span_close(ctrace_subscriber *subscriber, ctrace_span *span,
                          const ctrace_moment *moment) {
    for (size_t i = 0; i < of(subscriber)->count; i++) {
        ctrace_forward_span_close(of(subscriber)->branches[i], span, moment);
    }
}

static void on_event(ctrace_subscriber *subscriber, const ctrace_event *event,
                     const ctrace_moment *moment) {
    for (size_t i = 0; i < of(subscriber)->count; i++) {
        ctrace_forward_event(of(subscriber)->branches[i], event, moment);
    }
}

/* All branches share the time, and one that fails does not keep the others from being flushed. */
static ctrace_status flush(ctrace_subscriber *subscriber, uint64_t timeout_ns) {
    const uint64_t begun = cti_clock_monotonic_ns();
    ctrace_status status = CTRACE_OK;
    for (size_t i = 0; i < of(subscriber)->count; i++) {
        const uint64_t spent = cti_clock_monotonic_ns() - begun;
        const uint64_t left = timeout_ns == CTRACE_FOREVER ? CTRACE_FOREVER
                              : timeout_ns > spent         ? timeout_ns - spent
                                                           : 0;
        const ctrace_status one = ctrace_forward_flush(of(subscriber)->branches[i], left);
        status = status != CTRACE_OK ? status : one;
    }
    return status;
}

static void give_back(ctrace_subscriber *const subscribers[], size_t count) {
    for (size_t i = 0; i < count; i++) {
        ctrace_subscriber_unref(subscribers[i]);
    }
}

static void free_tee(ctrace_subscriber *subscriber) {
    tee *self = (tee *)subscriber;
    give_back(self->branches, self->count);
    cti_free(self);
}

static const ctrace_subscriber_ops ops = {
    .size = sizeof ops,
    .on_span_new = on_span_new,
    .on_span_record = on_span_record,
    .on_span_follows = on_span_follows,
    .on_span_enter = on_span_enter,
    .on_span_exit = on_span_exit,
    .on_span_close = on_span_close,
    .on_event = on_event,
    .inner = inner,
    .flush = flush,
    .free = free_tee,
};

static bool some_are_missing(ctrace_subscriber *const subscribers[], size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (subscribers[i] == NULL) {
            return true;
        }
    }
    return false;
}

static const cti_traits traits = {.passes_on = true};

ctrace_subscriber *ctrace_tee_new(ctrace_subscriber *const subscribers[], size_t n) {
    if (subscribers == NULL) {
        return cti_fail_null("the array of subscribers");
    }
    tee *self = NULL;
    if (n == 0 || n > MOST) {
        cti_fail(CTRACE_EINVAL, "a tee holds 1 to %d subscribers, not %zu", MOST, n);
    } else if (some_are_missing(subscribers, n)) {
        cti_fail_null("a subscriber of the tee");
    } else if ((self = cti_alloc(sizeof *self + n * sizeof(ctrace_subscriber *))) == NULL) {
        cti_fail_memory("a tee");
    }
    if (self == NULL) {
        give_back(subscribers, n);
        return NULL;
    }
    ctrace_subscriber_init(&self->base, &ops);
    cti_traits_set(&self->base, &traits);
    self->count = n;
    memcpy(self->branches, subscribers, n * sizeof(ctrace_subscriber *));
    cti_fail_forget();
    return &self->base;
}

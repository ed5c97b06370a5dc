/* Gives whole traces to a subscriber, a share of them.
 *
 * Which ones is a matter of the trace's identity alone, which the root span carries: so all spans
 * and events of a trace are decided alike, nothing is kept for that, and services that follow the
 * same rule keep the same traces. See core/sampling.h. */
#include "compose/sampled.h"

#include "base/memory.h"
#include "core/event.h"
#include "core/remote.h"
#include "core/sampling.h"
#include "core/status.h"
#include "ctrace/filter.h"

typedef struct sampled {
    ctrace_subscriber base;
    ctrace_subscriber *inner;
    uint64_t threshold;
    bool only_here; /* traces from elsewhere are decided already: their flags say it */
} sampled;

static const sampled *of(ctrace_subscriber *subscriber) {
    return (const sampled *)subscriber;
}

static ctrace_subscriber *inner(ctrace_subscriber *subscriber, size_t i) {
    return i == 0 ? of(subscriber)->inner : NULL;
}

/* ---- Deciding ---- */

/* What happens outside any span belongs to no trace, and is kept. */
static bool keeps(const sampled *self, const ctrace_span *span) {
    if (span == NULL || self->threshold == 0) {
        return true;
    }
    const cti_remote *remote = self->only_here ? cti_remote_of(span) : NULL;
    return remote != NULL ? (remote->flags & CTI_FLAG_SAMPLED) != 0
                          : cti_sampling_keeps(self->threshold, span);
}

static ctrace_interest on_callsite(ctrace_subscriber *subscriber, const ctrace_callsite *site) {
    const int held = cti_interest_of(of(subscriber)->inner, site);
    const bool may_be_dropped = site->kind == CTRACE_KIND_EVENT && of(subscriber)->threshold != 0;
    return (ctrace_interest)(held == CTI_INTEREST_ALWAYS && may_be_dropped ? CTI_INTEREST_SOMETIMES
                                                                           : held);
}

/* An event inside a trace that is not kept is off: its arguments need not be evaluated. A span may
 * be about to begin another trace than the one it is opened in. */
static bool is_enabled(ctrace_subscriber *subscriber, const ctrace_callsite *site) {
    const sampled *self = of(subscriber);
    return (site->kind == CTRACE_KIND_SPAN || keeps(self, cti_self.scope->current)) &&
           ctrace_forward_is_enabled(self->inner, site);
}

/* ---- Passing on: of a span that it was not given, `inner` hears no more ---- */

static void on_span_new(ctrace_subscriber *subscriber, ctrace_span *span,
                        const ctrace_moment *moment) {
    if (keeps(of(subscriber), span)) {
        ctrace_forward_span_new(of(subscriber)->inner, span, moment);
    }
}

static void on_span_record(ctrace_subscriber *subscriber, ctrace_span *span,
                           const ctrace_fields *fields, const ctrace_moment *moment) {
    ctrace_forward_span_record(of(subscriber)->inner, span, fields, moment);
}

static void on_span_follows(ctrace_subscriber *subscriber, ctrace_span *span,
                            const ctrace_span *cause, const ctrace_moment *moment) {
    ctrace_forward_span_follows(of(subscriber)->inner, span, cause, moment);
}

static void on_span_enter(ctrace_subscriber *subscriber, ctrace_span *span,
                          const ctrace_moment *moment) {
    ctrace_forward_span_enter(of(subscriber)->inner, span, moment);
}

static void on_span_exit(ctrace_subscriber *subscriber, ctrace_span *span,
                         const ctrace_moment *moment) {
    ctrace_forward_span_exit(of(subscriber)->inner, span, moment);
}

static void on_span_close(ctrace_subscriber *subscriber, ctrace_span *span,
                          const ctrace_moment *moment) {
    ctrace_forward_span_close(of(subscriber)->inner, span, moment);
}

static void on_event(ctrace_subscriber *subscriber, const ctrace_event *event,
                     const ctrace_moment *moment) {
    if (keeps(of(subscriber), event->span)) {
        ctrace_forward_event(of(subscriber)->inner, event, moment);
    }
}

static void free_sampled(ctrace_subscriber *subscriber) {
    ctrace_subscriber_unref(of(subscriber)->inner);
    cti_free(subscriber);
}

static const ctrace_subscriber_ops ops = {
    .size = sizeof ops,
    .on_callsite = on_callsite,
    .is_enabled = is_enabled,
    .on_span_new = on_span_new,
    .on_span_record = on_span_record,
    .on_span_follows = on_span_follows,
    .on_span_enter = on_span_enter,
    .on_span_exit = on_span_exit,
    .on_span_close = on_span_close,
    .on_event = on_event,
    .inner = inner,
    .free = free_sampled,
};

ctrace_subscriber *ctrace_sampled_new(ctrace_subscriber *subscriber, double ratio) {
    if (subscriber == NULL) {
        return cti_fail_null("the subscriber that gets the sampled traces");
    }
    sampled *self = NULL;
    if (!(ratio >= 0 && ratio <= 1)) { /* a NaN neither */
        cti_fail(CTRACE_EINVAL, "the ratio is %g: expected 0 to 1", ratio);
    } else if ((self = cti_alloc_zeroed(sizeof *self)) == NULL) {
        cti_fail_memory("a sampled subscriber");
    }
    if (self == NULL) {
        ctrace_subscriber_unref(subscriber);
        return NULL;
    }
    ctrace_subscriber_init(&self->base, &ops);
    self->inner = subscriber;
    self->threshold = cti_sampling_threshold(ratio);
    cti_fail_forget();
    return &self->base;
}

ctrace_subscriber *cti_sampled_here_new(ctrace_subscriber *subscriber, double ratio) {
    ctrace_subscriber *self = ctrace_sampled_new(subscriber, ratio);
    if (self != NULL) {
        ((sampled *)self)->only_here = true;
    }
    return self;
}

/* Gives to a subscriber what a filter lets through. */

#include "base/memory.h"
#include "compose/filtered.h"
#include "compose/filtered_span.h"
#include "core/retire.h"
#include "core/scratch.h"
#include "core/status.h"
#include "core/thread.h"
#include "core/traits.h"
#include "core/tree.h"

static ctrace_subscriber *inner(ctrace_subscriber *subscriber, size_t i) {
    return i == 0 ? cti_filtered_of(subscriber)->inner : NULL;
}

/* ---- Spans and events ---- */

typedef void span_callback(ctrace_subscriber *, ctrace_span *, const ctrace_moment *);

/* A sink was given every span that we were given, so nothing needs to be looked up. */
static void pass_on(const cti_filtered *self, span_callback *direct, span_callback *forward,
                    ctrace_span *span, const ctrace_moment *moment) {
    if (!self->holds_sink) {
        forward(self->inner, span, moment);
    } else if (direct != NULL) {
        direct(self->inner, span, moment);
    }
}

/* What is kept in the span, brought up to date; NULL where the filter does not read spans. */
static cti_filtered_span *state_of(ctrace_subscriber *subscriber, ctrace_span *span) {
    cti_filter_in_use *in_use = cti_filtered_in_use(subscriber);
    if (!in_use->filter->reads_spans) {
        return NULL;
    }
    cti_filtered_span *state = cti_filtered_span_of(span, subscriber);
    if (state != NULL && cti_load_acquire(&state->generation) != in_use->generation) {
        cti_filtered_span_update(state, in_use, span);
    }
    return state;
}

/* What is kept in the span, if it may have been counted. */
static cti_filtered_span *counted_in(ctrace_subscriber *subscriber, ctrace_span *span) {
    return cti_load_relaxed(&cti_filtered_of(subscriber)->has_read_spans)
               ? cti_filtered_span_of(span, subscriber)
               : NULL;
}

static void on_span_new(ctrace_subscriber *subscriber, ctrace_span *span,
                        const ctrace_moment *moment) {
    state_of(subscriber, span);
    ctrace_forward_span_new(cti_filtered_of(subscriber)->inner, span, moment);
}

static void on_span_record(ctrace_subscriber *subscriber, ctrace_span *span,
                           const ctrace_fields *fields, const ctrace_moment *moment) {
    cti_filtered_span *state = state_of(subscriber, span);
    if (state != NULL) {
        cti_filtered_span_update(state, cti_filtered_in_use(subscriber), span);
    }
    ctrace_forward_span_record(cti_filtered_of(subscriber)->inner, span, fields, moment);
}

static void on_span_follows(ctrace_subscriber *subscriber, ctrace_span *span,
                            const ctrace_span *cause, const ctrace_moment *moment) {
    ctrace_forward_span_follows(cti_filtered_of(subscriber)->inner, span, cause, moment);
}

static void on_span_enter(ctrace_subscriber *subscriber, ctrace_span *span,
                          const ctrace_moment *moment) {
    cti_filtered_span *state = state_of(subscriber, span);
    if (state != NULL) {
        cti_filtered_span_enter(state);
    }
    const cti_filtered *self = cti_filtered_of(subscriber);
    pass_on(self, self->inner->ops->on_span_enter, ctrace_forward_span_enter, span, moment);
}

static void on_span_exit(ctrace_subscriber *subscriber, ctrace_span *span,
                         const ctrace_moment *moment) {
    const cti_filtered *self = cti_filtered_of(subscriber);
    pass_on(self, self->inner->ops->on_span_exit, ctrace_forward_span_exit, span, moment);
    cti_filtered_span *state = counted_in(subscriber, span);
    if (state != NULL) {
        cti_filtered_span_exit(state);
    }
}

static void on_span_close(ctrace_subscriber *subscriber, ctrace_span *span,
                          const ctrace_moment *moment) {
    const cti_filtered *self = cti_filtered_of(subscriber);
    cti_filtered_span *state = counted_in(subscriber, span);
    if (state != NULL) {
        cti_filtered_span_close(state);
    }
    pass_on(self, self->inner->ops->on_span_close, ctrace_forward_span_close, span, moment);
}

static void pass_on_event(const cti_filtered *self, const ctrace_event *event,
                          const ctrace_moment *moment) {
    if (!self->holds_sink) {
        ctrace_forward_event(self->inner, event, moment);
    } else if (self->inner->ops->on_event != NULL) {
        self->inner->ops->on_event(self->inner, event, moment);
    }
}

CTRACE_I_NOINLINE
static void pass_on_if_wanted(ctrace_subscriber *subscriber, const ctrace_event *event,
                              const ctrace_moment *moment) {
    if (cti_filtered_lets_through(subscriber, event)) {
        pass_on_event(cti_filtered_of(subscriber), event, moment);
    }
}

static void on_event(ctrace_subscriber *subscriber, const ctrace_event *event,
                     const ctrace_moment *moment) {
    if (cti_filtered_in_use(subscriber)->reads_events) {
        pass_on_if_wanted(subscriber, event, moment);
    } else {
        pass_on_event(cti_filtered_of(subscriber), event, moment);
    }
}

/* ---- Beginning and end ---- */

/* Spans that were entered before the reload raise no gate until somebody asks: so everybody does,
 * as long as this filter is in use. */
static void hold_gate(cti_filter_in_use *in_use) {
    in_use->holds_gate = in_use->generation > 1 && in_use->filter->reads_spans;
    if (in_use->holds_gate) {
        cti_fetch_add(&ctrace_i_open_gates, 1u);
    }
}

static void let_go_gate(const cti_filter_in_use *in_use) {
    if (in_use->holds_gate) {
        cti_fetch_sub_acq_rel(&ctrace_i_open_gates, 1u);
    }
}

static void free_filtered(ctrace_subscriber *subscriber) {
    cti_filtered *self = cti_filtered_of(subscriber);
    let_go_gate(self->in_use);
    cti_filter_in_use_free(self->in_use);
    ctrace_subscriber_unref(self->inner);
    cti_free(self);
}

static const ctrace_subscriber_ops ops = {
    .size = sizeof ops,
    .span_data_size = sizeof(cti_filtered_span),
    .on_callsite = cti_filtered_interest,
    .is_enabled = cti_filtered_is_enabled,
    .on_span_new = on_span_new,
    .on_span_record = on_span_record,
    .on_span_follows = on_span_follows,
    .on_span_enter = on_span_enter,
    .on_span_exit = on_span_exit,
    .on_span_close = on_span_close,
    .on_event = on_event,
    .inner = inner,
    .free = free_filtered,
};

static cti_filtered *create(ctrace_filter *filter) {
    cti_filtered *self = cti_alloc_zeroed(sizeof *self);
    if (self == NULL) {
        ctrace_filter_unref(filter);
        return cti_fail_memory("a filtered subscriber");
    }
    self->generations = 1;
    self->in_use = cti_filter_in_use_new(filter, 1);
    if (self->in_use == NULL) {
        cti_free(self);
        return NULL;
    }
    return self;
}

/* What is decided by callsites alone was decided before. Where spans were read, some may have been
 * counted as entered. */
static ctrace_subscriber *stands_before(ctrace_subscriber *subscriber) {
    const cti_filtered *self = cti_filtered_of(subscriber);
    return cti_load_relaxed(&self->has_read_spans) ? NULL : self->inner;
}

/* Where it does not have to be asked it does not look at spans either. */
static const cti_traits traits = {.passes_on = true, .stands_before = stands_before};

ctrace_subscriber *ctrace_filtered_new(ctrace_subscriber *subscriber, ctrace_filter *filter) {
    if (subscriber == NULL || filter == NULL) {
        ctrace_filter_unref(filter);
        ctrace_subscriber_unref(subscriber);
        return cti_fail_null(subscriber == NULL ? "the subscriber to filter" : "the filter");
    }
    cti_filtered *self = create(filter);
    if (self == NULL) {
        ctrace_subscriber_unref(subscriber);
        return NULL;
    }
    ctrace_subscriber_init(&self->base, &ops);
    cti_traits_set(&self->base, &traits);
    self->inner = subscriber;
    self->has_read_spans = self->in_use->filter->reads_spans;
    self->holds_sink = subscriber->ops->inner == NULL && subscriber->ops->on_callsite == NULL;
    cti_fail_forget();
    return &self->base;
}

/* ---- Reloading ---- */

static void replace(cti_filtered *self, cti_filter_in_use *fresh) {
    hold_gate(fresh);
    if (fresh->filter->reads_spans) {
        cti_store_relaxed(&self->has_read_spans, true);
    }
    cti_filter_in_use *old = cti_exchange(&self->in_use, fresh);
    ctrace_interest_changed(&self->base);
    cti_routes_changed();
    let_go_gate(old);
    cti_retire(old, cti_filter_in_use_free);
}

ctrace_status ctrace_filter_reload(ctrace_subscriber *subscriber, ctrace_filter *filter) {
    if (filter == NULL || subscriber == NULL || subscriber->ops != &ops) {
        ctrace_filter_unref(filter);
        return cti_fail(CTRACE_EINVAL, filter == NULL
                                           ? "the filter is NULL"
                                           : "what is reloaded must be a filtered subscriber");
    }
    cti_filtered *self = cti_filtered_of(subscriber);
    const uint32_t generation = cti_fetch_add(&self->generations, 1u) + 1;
    cti_filter_in_use *fresh = cti_filter_in_use_new(filter, generation);
    if (fresh == NULL) {
        return CTRACE_ENOMEM;
    }
    if (!cti_filter_plan_all(fresh)) {
        cti_filter_in_use_free(fresh);
        return cti_fail(CTRACE_ENOMEM, "no memory for what the filter makes of the callsites");
    }
    replace(self, fresh);
    return CTRACE_OK;
}

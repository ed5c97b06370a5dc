/* Holds back what happens inside a root span until it is known whether that is worth telling. */
#include "compose/tail.h"

#include "base/memory.h"
#include "core/event.h"
#include "core/scratch.h"
#include "core/status.h"

enum {
    DEFAULT_TRACE_BYTES = 256 * 1024,
    SMALLEST_BYTES = 8192,
    DEFAULT_MAX_BYTES = 64 * 1024 * 1024
};

/* ---- Spans ---- */

/* The span's own trace, locked; NULL when there was no memory for one. */
static cti_trace *take_own(cti_tail *tail, ctrace_span *span) {
    const cti_tail_span *data = ctrace_span_data(span, &tail->base);
    return data == NULL || data->trace == NULL ? NULL : cti_trace_take(tail, span);
}

/* Passes on what has come, if the trace is. Gives the trace. */
static void finish(cti_tail *tail, cti_trace *trace) {
    if (trace->state == CTI_TRACE_PASSED_ON) {
        cti_trace_pass_on(tail, trace);
    }
    cti_trace_give(trace);
}

static void on_span_new(ctrace_subscriber *subscriber, ctrace_span *span,
                        const ctrace_moment *moment) {
    cti_tail *tail = cti_tail_of(subscriber);
    cti_trace *trace = cti_trace_take(tail, ctrace_span_parent(span, subscriber));
    if (trace == NULL) {
        trace = cti_trace_begin(tail, span, moment);
    }
    if (trace == NULL) {
        cti_lost_span(&span->site->description);
        return;
    }
    trace->open += 1;
    cti_tail_span *data = ctrace_span_data(span, subscriber);
    *data = (cti_tail_span){trace, trace->number, ctrace_moment_monotonic_ns(moment), 0};
    if (trace->state != CTI_TRACE_FORGOTTEN) {
        cti_trace_put_new(tail, trace, span, moment);
    }
    finish(tail, trace);
}

static void on_span_record(ctrace_subscriber *subscriber, ctrace_span *span,
                           const ctrace_fields *fields, const ctrace_moment *moment) {
    cti_tail *tail = cti_tail_of(subscriber);
    cti_trace *trace = take_own(tail, span);
    if (trace != NULL) {
        if (trace->state != CTI_TRACE_FORGOTTEN) {
            cti_trace_put_record(tail, trace, span, fields, moment);
        }
        finish(tail, trace);
    }
}

static void on_span_follows(ctrace_subscriber *subscriber, ctrace_span *span,
                            const ctrace_span *cause, const ctrace_moment *moment) {
    cti_tail *tail = cti_tail_of(subscriber);
    cti_trace *trace = take_own(tail, span);
    if (trace != NULL) {
        if (trace->state != CTI_TRACE_FORGOTTEN) {
            cti_trace_put_follows(tail, trace, span, (ctrace_span *)(uintptr_t)cause, moment);
        }
        finish(tail, trace);
    }
}

static void change(ctrace_subscriber *subscriber, ctrace_span *span, cti_record_kind kind,
                   const ctrace_moment *moment) {
    cti_tail *tail = cti_tail_of(subscriber);
    cti_trace *trace = take_own(tail, span);
    if (trace != NULL) {
        if (trace->state != CTI_TRACE_FORGOTTEN) {
            cti_trace_put_change(tail, trace, span, kind, moment);
        }
        finish(tail, trace);
    }
}

static void on_span_enter(ctrace_subscriber *subscriber, ctrace_span *span,
                          const ctrace_moment *moment) {
    change(subscriber, span, CTI_RECORD_SPAN_ENTER, moment);
}

static void on_span_exit(ctrace_subscriber *subscriber, ctrace_span *span,
                         const ctrace_moment *moment) {
    change(subscriber, span, CTI_RECORD_SPAN_EXIT, moment);
}

/* ---- The decision ---- */

static bool is_worth_telling(const cti_tail *tail, const ctrace_span *root, uint64_t lasted_ns) {
    const ctrace_tail_options *options = &tail->options;
    return (options->min_duration_ns != 0 && lasted_ns >= options->min_duration_ns) ||
           (options->predicate != NULL && options->predicate(options->predicate_arg, root));
}

static void decide(cti_tail *tail, cti_trace *trace, const ctrace_span *root, uint64_t lasted_ns) {
    if (!is_worth_telling(tail, root, lasted_ns)) {
        trace->state = CTI_TRACE_FORGOTTEN;
        return;
    }
    cti_trace_pass_on(tail, trace);
    if (trace->state != CTI_TRACE_PASSED_ON) {
        cti_lost_span(&root->site->description); /* no memory */
    }
}

static void on_span_close(ctrace_subscriber *subscriber, ctrace_span *span,
                          const ctrace_moment *moment) {
    cti_tail *tail = cti_tail_of(subscriber);
    cti_trace *trace = take_own(tail, span);
    if (trace == NULL) {
        return;
    }
    const cti_tail_span *data = cti_trace_span(tail, trace, span);
    if (trace->state != CTI_TRACE_FORGOTTEN) {
        cti_trace_put_change(tail, trace, span, CTI_RECORD_SPAN_CLOSE, moment);
    }
    if (trace->state == CTI_TRACE_HELD && ctrace_span_id(span) == trace->root) {
        decide(tail, trace, span, ctrace_moment_monotonic_ns(moment) - data->begun_ns);
    } else if (trace->state == CTI_TRACE_PASSED_ON) {
        cti_trace_pass_on(tail, trace);
    }
    cti_trace_leave(tail, trace);
}

/* ---- Events ---- */

/* Outside any span that we hear, so in none for those behind us. */
static void pass_outside(const cti_tail *tail, const ctrace_event *event,
                         const ctrace_moment *moment) {
    cti_tree *tree = cti_tree_of(tail->inner);
    if (tree == NULL) {
        cti_lost_event(&event->site->description);
        return;
    }
    if (tree->ops->on_event != NULL && cti_tree_wants(tree, event->site)) {
        ctrace_event *own = (ctrace_event *)(uintptr_t)event; /* on this thread's stack */
        const ctrace_event before = *event;
        own->tree = tree;
        own->span = NULL;
        tree->ops->on_event(tree->root, own, moment);
        own->tree = before.tree;
        own->span = before.span;
    }
}

static void on_event(ctrace_subscriber *subscriber, const ctrace_event *event,
                     const ctrace_moment *moment) {
    cti_tail *tail = cti_tail_of(subscriber);
    cti_trace *trace = cti_trace_take(tail, ctrace_event_span(event, subscriber));
    if (trace == NULL) {
        pass_outside(tail, event, moment);
        return;
    }
    if (trace->state != CTI_TRACE_FORGOTTEN) {
        cti_trace_put_event(tail, trace, event, moment);
        if (event->site->description.level >= tail->options.level) {
            cti_trace_pass_on(tail, trace);
        }
    }
    finish(tail, trace);
}

/* ---- Beginning and end ---- */

/* What is wanted sometimes is decided when it is passed on, among the spans as rebuilt. */
static ctrace_interest on_callsite(ctrace_subscriber *subscriber, const ctrace_callsite *site) {
    return ctrace_forward_callsite(cti_tail_of(subscriber)->inner, site) == CTRACE_INTEREST_NEVER
               ? CTRACE_INTEREST_NEVER
               : CTRACE_INTEREST_ALWAYS;
}

static ctrace_status flush(ctrace_subscriber *subscriber, uint64_t timeout_ns) {
    return ctrace_forward_flush(cti_tail_of(subscriber)->inner, timeout_ns);
}

static void free_tail(ctrace_subscriber *subscriber) {
    cti_tail *tail = cti_tail_of(subscriber);
    cti_traces_free(tail);
    cti_lock_destroy(&tail->lock);
    ctrace_subscriber_unref(tail->inner);
    cti_free(tail);
}

static const ctrace_subscriber_ops ops = {
    .size = sizeof ops,
    .span_data_size = sizeof(cti_tail_span),
    .on_callsite = on_callsite,
    .on_span_new = on_span_new,
    .on_span_record = on_span_record,
    .on_span_follows = on_span_follows,
    .on_span_enter = on_span_enter,
    .on_span_exit = on_span_exit,
    .on_span_close = on_span_close,
    .on_event = on_event,
    .flush = flush,
    .free = free_tail,
};

static ctrace_status check(const ctrace_tail_options *options) {
    uintptr_t reserved = 0;
    for (size_t i = 0; i < sizeof options->reserved / sizeof options->reserved[0]; i++) {
        reserved |= options->reserved[i];
    }
    if (reserved != 0) {
        return cti_fail(CTRACE_EINVAL, "options.reserved is not zero: was the struct cleared?");
    }
    if (options->level < 0 || options->level > CTRACE_LEVEL_OFF) {
        return cti_fail(CTRACE_EINVAL, "options.level is %d: expected CTRACE_LEVEL_*",
                        options->level);
    }
    return CTRACE_OK;
}

static void use_defaults(ctrace_tail_options *options) {
    options->level = options->level == 0 ? CTRACE_LEVEL_ERROR : options->level;
    options->max_bytes = options->max_bytes == 0 ? DEFAULT_MAX_BYTES : options->max_bytes;
    options->trace_bytes = options->trace_bytes == 0 ? DEFAULT_TRACE_BYTES : options->trace_bytes;
    if (options->max_bytes < SMALLEST_BYTES) {
        options->max_bytes = SMALLEST_BYTES;
    }
    if (options->trace_bytes < SMALLEST_BYTES) {
        options->trace_bytes = SMALLEST_BYTES;
    }
}

static void begin(cti_tail *tail, ctrace_subscriber *inner, const ctrace_tail_options *options) {
    ctrace_subscriber_init(&tail->base, &ops);
    tail->inner = inner;
    tail->options = *options;
    use_defaults(&tail->options);
    cti_lock_init(&tail->lock);
    tail->generation = cti_fork_generation();
    tail->end = &tail->oldest;
}

ctrace_subscriber *ctrace_tail_new(ctrace_subscriber *subscriber,
                                   const ctrace_tail_options *options) {
    static const ctrace_tail_options defaults;
    const ctrace_tail_options *said = options == NULL ? &defaults : options;
    if (subscriber == NULL) {
        return cti_fail_null("the subscriber behind the tail");
    }
    cti_tail *tail = NULL;
    if (check(said) == CTRACE_OK && (tail = cti_alloc_zeroed(sizeof *tail)) == NULL) {
        cti_fail_memory("a tail subscriber");
    }
    if (tail == NULL) {
        ctrace_subscriber_unref(subscriber);
        return NULL;
    }
    begin(tail, subscriber, said);
    cti_fail_forget();
    return &tail->base;
}

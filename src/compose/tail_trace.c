/* Traces: found, begun and ended. */
#include "base/memory.h"
#include "compose/tail.h"
#include "core/event.h"

/* ---- In a forked child ---- */

/* A thread that does not exist here may have been about to change it. What was held is the
 * parent's to tell. With the subscriber's lock held. */
static void renew_list(cti_tail *tail) {
    const uint32_t generation = cti_fork_generation();
    if (tail->generation != generation) {
        tail->generation = generation;
        tail->oldest = NULL;
        tail->end = &tail->oldest;
        tail->spare = NULL;
        cti_store_relaxed(&tail->bytes, (size_t)0);
    }
}

static void link_youngest(cti_tail *tail, cti_trace *trace) {
    trace->next = NULL;
    trace->link = tail->end;
    *tail->end = trace;
    tail->end = &trace->next;
}

/* The same for a trace that is locked. */
static void renew(cti_tail *tail, cti_trace *trace) {
    if (trace->generation == cti_fork_generation()) {
        return;
    }
    trace->generation = cti_fork_generation();
    trace->bytes = 0;
    trace->dropped = 0;
    trace->oldest = trace->newest = NULL;
    trace->kept = trace->last_kept = NULL;
    trace->sources = NULL;
    trace->reader = NULL;
    cti_lock_take(&tail->lock);
    renew_list(tail);
    link_youngest(tail, trace);
    cti_lock_give(&tail->lock);
}

/* ---- Beginning ---- */

/* A spare one, or a new one, among the traces. */
static cti_trace *add_trace(cti_tail *tail, uint64_t *ret_number) {
    cti_lock_take(&tail->lock);
    renew_list(tail);
    cti_trace *trace = tail->spare;
    if (trace != NULL) {
        tail->spare = trace->next;
    } else {
        trace = cti_alloc_zeroed(sizeof *trace);
    }
    if (trace != NULL) {
        trace->generation = tail->generation;
        link_youngest(tail, trace);
        *ret_number = ++tail->traces;
    }
    cti_lock_give(&tail->lock);
    return trace;
}

cti_trace *cti_trace_begin(cti_tail *tail, const ctrace_span *root, const ctrace_moment *moment) {
    uint64_t number = 0;
    cti_trace *trace = add_trace(tail, &number);
    if (trace == NULL) {
        return NULL;
    }
    cti_lock_take(&trace->lock);
    trace->number = number;
    trace->state = CTI_TRACE_HELD;
    trace->open = 0;
    trace->root = ctrace_span_id(root);
    trace->root_site = root->site;
    trace->dropped = 0;
    trace->epoch_offset = ctrace_moment_time_ns(moment) - ctrace_moment_monotonic_ns(moment);
    return trace;
}

/* ---- Finding ---- */

cti_trace *cti_trace_take(cti_tail *tail, ctrace_span *span) {
    for (; span != NULL; span = ctrace_span_parent(span, &tail->base)) {
        const cti_tail_span *data = ctrace_span_data(span, &tail->base);
        if (data == NULL || data->trace == NULL) {
            continue;
        }
        cti_trace *trace = data->trace;
        cti_lock_take(&trace->lock);
        if (trace->number == data->number) {
            renew(tail, trace);
            return trace;
        }
        cti_lock_give(&trace->lock); /* the span is closed, and its trace has ended */
    }
    return NULL;
}

cti_tail_span *cti_trace_span(const cti_tail *tail, const cti_trace *trace, ctrace_span *span) {
    cti_tail_span *data = ctrace_span_data(span, &tail->base);
    return data != NULL && data->trace == trace && data->number == trace->number ? data : NULL;
}

void cti_trace_give(cti_trace *trace) {
    cti_lock_give(&trace->lock);
}

/* ---- Ending ---- */

static void free_sources(cti_trace *trace) {
    while (trace->sources != NULL) {
        cti_source *source = trace->sources;
        trace->sources = source->next;
        cti_stands_free(source->stands);
        cti_free(source);
    }
}

static void make_spare(cti_tail *tail, cti_trace *trace) {
    cti_lock_take(&tail->lock);
    *trace->link = trace->next;
    *(trace->next == NULL ? &tail->end : &trace->next->link) = trace->link;
    trace->next = tail->spare;
    tail->spare = trace;
    cti_lock_give(&tail->lock);
}

void cti_trace_leave(cti_tail *tail, cti_trace *trace) {
    trace->open -= 1;
    if (trace->state == CTI_TRACE_FORGOTTEN || trace->open == 0) {
        cti_trace_drain_kept(tail, trace, NULL);
        cti_trace_drain(tail, trace, NULL);
    }
    if (trace->open == 0) {
        cti_trace_passed(trace);
        free_sources(trace);
        trace->number = 0;
        make_spare(tail, trace);
    }
    cti_lock_give(&trace->lock);
}

void cti_traces_free(cti_tail *tail) {
    while (tail->generation == cti_fork_generation() && tail->spare != NULL) {
        cti_trace *trace = tail->spare;
        tail->spare = trace->next;
        cti_lock_destroy(&trace->lock);
        cti_free(trace);
    }
}

/* What a filter keeps in a span: how far its dynamic directives are open while it is entered.
 *
 * Written when the span is created and recorded in, and after a reload; read, without a lock, by
 * whoever emits inside it. It also keeps the count of open gates (ctrace_i_open_gates): how many
 * times spans are entered now that let through what is otherwise off. */
#ifndef CTI_COMPOSE_FILTERED_SPAN_H
#define CTI_COMPOSE_FILTERED_SPAN_H

#include "compose/filtered_plans.h"
#include "core/span.h"

/* Zeroed by the core before the span is told to anybody. */
typedef struct cti_filtered_span {
    uint32_t generation; /* of the filter that `open` is about; 0 for one without */
    uint32_t updates;    /* how often `open` was written */
    uint32_t entered;    /* twice the times it is entered now; plus 1 if something is open */
    uint8_t open[CTI_FILTER_LEAVES]; /* a verbosity for each leaf of the filter */
} cti_filtered_span;

/* What `viewer` keeps in the span; NULL when it was not given the span. */
static inline cti_filtered_span *cti_filtered_span_of(ctrace_span *span,
                                                      const ctrace_subscriber *viewer) {
    /* the common case, without a call */
    return span->tree->root == viewer ? (cti_filtered_span *)(void *)span->data
                                      : ctrace_span_data(span, viewer);
}

/* The span is new, or its fields have changed, or the filter has. */
void cti_filtered_span_update(cti_filtered_span *state, cti_filter_in_use *in_use,
                              ctrace_span *span);

/* It is entered, left, closed. */
void cti_filtered_span_enter(cti_filtered_span *state);
void cti_filtered_span_exit(cti_filtered_span *state);
void cti_filtered_span_close(cti_filtered_span *state);

/* How far the spans that are entered on this thread (or task) keep the filter open: each leaf as
 * far as the one that opens it most.
 *
 * viewer  The subscriber that keeps a cti_filtered_span in them. */
cti_open cti_filtered_open_here(cti_filter_in_use *in_use, const ctrace_subscriber *viewer);

/* Whether they let `level` through, for a filter with one leaf: the common case, and quicker. */
bool cti_filtered_is_open_here(cti_filter_in_use *in_use, const ctrace_subscriber *viewer,
                               uint8_t level);

#endif

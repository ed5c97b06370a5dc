/* From what was gathered to trees. */
#include <stdlib.h>

#include "base/memory.h"
#include "cli/forest.h"

/* ---- Measuring ---- */

static void widen(forest_span *span, uint64_t begin_ns, uint64_t end_ns) {
    if (!span->begin_known && (!span->timed || begin_ns < span->item.time_ns)) {
        span->item.time_ns = begin_ns;
    }
    if (!span->end_known && (!span->timed || end_ns > span->end_ns)) {
        span->end_ns = end_ns;
    }
    span->timed = true;
}

/* What somebody told of it. */
static void measure_self(forest_span *span) {
    if (span->begin_known) {
        span->timed = true;
        widen(span, span->item.time_ns, span->item.time_ns);
    }
    if (span->end_known) {
        span->timed = true;
        widen(span, span->end_ns, span->end_ns);
    }
}

/* Each span, when all inside it are measured, tells the one around it: from the leaves outwards. */
static void measure_outwards(forest_span *span) {
    while (span != NULL && span->waiting == 0 && !span->measured) {
        forest_span *parent = span->parent;
        span->measured = true;
        if (parent != NULL) {
            parent->waiting--;
            if (span->timed) {
                widen(parent, span->item.time_ns, span->end_ns);
            }
        }
        span = parent;
    }
}

static void count_children(forest_trace *trace) {
    for (forest_span *span = trace->spans; span != NULL; span = span->next) {
        if (span->parent != NULL) {
            span->parent->waiting++;
        }
    }
}

/* Spans that are each inside the other, as only a broken file says, are never measured: one of them
 * becomes a root. */
static void cut_cycles(forest_trace *trace) {
    for (forest_span *span = trace->spans; span != NULL; span = span->next) {
        if (!span->measured) {
            forest_span *parent = span->parent;
            span->parent = NULL;
            parent->waiting--;
            measure_outwards(parent);
        }
    }
}

static void measure(forest_trace *trace) {
    count_children(trace);
    for (forest_item *item = trace->events.first; item != NULL; item = item->next) {
        widen(item->inside, item->time_ns, item->time_ns);
    }
    for (forest_span *span = trace->spans; span != NULL; span = span->next) {
        measure_self(span);
    }
    for (forest_span *span = trace->spans; span != NULL; span = span->next) {
        measure_outwards(span);
    }
    cut_cycles(trace);
}

/* ---- Order ---- */

static int by_time(const void *one, const void *other) {
    const forest_item *a = *(forest_item *const *)one;
    const forest_item *b = *(forest_item *const *)other;
    if (a->time_ns != b->time_ns) {
        return a->time_ns < b->time_ns ? -1 : 1;
    }
    return a->serial < b->serial ? -1 : a->serial > b->serial;
}

static size_t collect(const forest_trace *trace, forest_item **items) {
    size_t count = 0;
    for (forest_item *item = trace->events.first; item != NULL; item = item->next) {
        items[count++] = item;
    }
    for (forest_span *span = trace->spans; span != NULL; span = span->next) {
        span->item.inside = span->parent;
        items[count++] = &span->item;
    }
    return count;
}

static void append(forest_list *list, forest_item *item) {
    item->next = NULL;
    if (list->last == NULL) {
        list->first = item;
    } else {
        list->last->next = item;
    }
    list->last = item;
}

static void note_extent(forest_trace *trace) {
    trace->begin_ns = UINT64_MAX;
    trace->end_ns = 0;
    for (const forest_span *span = trace->spans; span != NULL; span = span->next) {
        if (span->timed && span->item.time_ns < trace->begin_ns) {
            trace->begin_ns = span->item.time_ns;
        }
        if (span->timed && span->end_ns > trace->end_ns) {
            trace->end_ns = span->end_ns;
        }
    }
    if (trace->begin_ns > trace->end_ns) {
        trace->begin_ns = trace->end_ns;
    }
}

static bool join(forest_trace *trace) {
    forest_item **items = cti_alloc((trace->span_count + trace->event_count) * sizeof *items);
    if (items == NULL) {
        return false;
    }
    measure(trace);
    const size_t count = collect(trace, items);
    qsort(items, count, sizeof(forest_item *), by_time);
    for (size_t i = 0; i < count; i++) {
        append(items[i]->inside == NULL ? &trace->roots : &items[i]->inside->inside, items[i]);
    }
    note_extent(trace);
    cti_free(items);
    return true;
}

/* ---- Traces ---- */

static int by_begin(const void *one, const void *other) {
    const forest_trace *a = *(forest_trace *const *)one;
    const forest_trace *b = *(forest_trace *const *)other;
    if (a->begin_ns != b->begin_ns) {
        return a->begin_ns < b->begin_ns ? -1 : 1;
    }
    return a->roots.first->serial < b->roots.first->serial ? -1 : 1;
}

static bool sort(tree_forest *forest) {
    forest_trace **traces = cti_alloc(forest->trace_count * sizeof *traces);
    if (traces == NULL) {
        return false;
    }
    size_t count = 0;
    for (forest_trace *trace = forest->traces; trace != NULL; trace = trace->next) {
        traces[count++] = trace;
    }
    qsort(traces, count, sizeof(forest_trace *), by_begin);
    forest->traces = NULL;
    while (count > 0) {
        traces[--count]->next = forest->traces;
        forest->traces = traces[count];
    }
    cti_free(traces);
    return true;
}

/* A trace without a span, for which the memory was gone, is none. */
static void drop_empty(tree_forest *forest) {
    forest_trace **at = &forest->traces;
    while (*at != NULL) {
        if ((*at)->spans == NULL) {
            *at = (*at)->next;
            forest->trace_count--;
        } else {
            at = &(*at)->next;
        }
    }
}

bool forest_join(tree_forest *forest) {
    drop_empty(forest);
    for (forest_trace *trace = forest->traces; trace != NULL; trace = trace->next) {
        if (!join(trace)) {
            return false;
        }
    }
    return forest->trace_count == 0 || sort(forest);
}

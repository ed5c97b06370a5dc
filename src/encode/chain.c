#include "encode/chain.h"

#include "base/memory.h"

/* The next span outwards; the usual one, which the viewer alone listens to, is looked at here. */
static inline ctrace_span *outwards(const ctrace_span *span, const ctrace_subscriber *viewer) {
    ctrace_span *parent = span->parent;
    return parent == NULL || parent->tree->root == viewer ? parent
                                                          : ctrace_span_parent(span, viewer);
}

static void fill(ctrace_span **spans, size_t limit, const cti_notice *notice) {
    ctrace_span *span = notice->span;
    for (size_t i = 0; i < limit; i++) {
        spans[i] = span;
        span = outwards(span, notice->viewer);
    }
}

/* The row is too long for the short array: measures the rest first. */
static bool collect_many(cti_chain *chain, ctrace_span *next, const cti_notice *notice) {
    size_t count = CTI_CHAIN_SHORT;
    for (; next != NULL; next = outwards(next, notice->viewer)) {
        count++;
    }
    ctrace_span **spans = cti_alloc(count * sizeof *spans);
    if (spans == NULL) {
        return false;
    }
    fill(spans, count, notice);
    chain->spans = spans;
    chain->count = count;
    return true;
}

bool cti_chain_collect(cti_chain *chain, const cti_notice *notice) {
    ctrace_span *span = notice->span;
    size_t count = 0;
    chain->spans = chain->few;
    while (span != NULL && count < CTI_CHAIN_SHORT) {
        chain->few[count++] = span;
        span = outwards(span, notice->viewer);
    }
    chain->count = count;
    return span == NULL || collect_many(chain, span, notice);
}

void cti_chain_release(cti_chain *chain) {
    if (chain->spans != chain->few) {
        cti_free(chain->spans);
    }
}

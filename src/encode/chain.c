#include "encode/chain.h"

#include "base/memory.h"

static void fill(ctrace_span **spans, size_t limit, const cti_notice *notice) {
    ctrace_span *span = notice->span;
    for (size_t i = 0; i < limit; i++) {
        spans[i] = span;
        span = ctrace_span_parent(span, notice->viewer);
    }
}

/* The row is too long for the short array: measures the rest first. */
static bool collect_many(cti_chain *chain, ctrace_span *next, const cti_notice *notice) {
    size_t count = CTI_CHAIN_SHORT;
    for (; next != NULL; next = ctrace_span_parent(next, notice->viewer)) {
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
        span = ctrace_span_parent(span, notice->viewer);
    }
    chain->count = count;
    return span == NULL || collect_many(chain, span, notice);
}

void cti_chain_release(cti_chain *chain) {
    if (chain->spans != chain->few) {
        cti_free(chain->spans);
    }
}

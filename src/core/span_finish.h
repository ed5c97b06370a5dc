/* The end of a span that its scope has ended and that nobody else holds open, after its subscriber
 * was told. */
#ifndef CTI_CORE_SPAN_FINISH_H
#define CTI_CORE_SPAN_FINISH_H

#include "core/block.h"
#include "core/span.h"

/* The lease has one span less. If it was the last one and the tree was retired before, the end is
 * on us: cti_tree_retire() stores, fences and looks at the count; we stored the count and look, not
 * into the tree, which may be gone by then. */
void cti_lease_watch(cti_lease *lease, size_t count);

static inline void cti_lease_end_one(cti_lease *lease) {
    const size_t count = lease->count - 1;
    /* release: who finds 0 finds the span's work done */
    cti_store_release(&lease->count, count);
    cti_compiler_barrier();
    if (CTRACE_I_UNLIKELY(cti_load_relaxed(&lease->watched))) {
        cti_lease_watch(lease, count);
    }
}

/* The same as cti_span_finish(), for any span. */
void cti_span_finish_slowly(cti_thread *self, ctrace_span *span);

/* Gives back what the span had, and what kept its tree. Not inside a section. */
static inline void cti_span_finish(cti_thread *self, ctrace_span *span) {
    cti_lease *lease = span->lease;
    /* acquire: with one hold left nobody else can look or pin */
    if (CTRACE_I_LIKELY(cti_load_acquire(&span->holds) == 1 && span->burden == 0 &&
                        cti_block_keep_small(self, span))) {
        cti_lease_end_one(lease);
    } else {
        cti_span_finish_slowly(self, span);
    }
}

#endif

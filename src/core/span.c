#include "core/span.h"

#include "core/block.h"
#include "core/dispatch.h"
#include "core/event.h"
#include "core/record.h"
#include "core/remote.h"
#include "core/scratch.h"
#include "core/stats.h"
#include "ctrace/trace.h" /* without its declarations, what it exports would be hidden */

void cti_span_set_seen(ctrace_span *span, uint32_t node) {
    const uint64_t bit = (uint64_t)1 << (node % 64);
    if (node < 64) {
        span->seen |= bit;
    } else {
        *((uint64_t *)(void *)span->data - node / 64) |= bit;
    }
}

/* ---- Holding on to ancestors ---- */

void cti_span_pin(ctrace_span *span) {
    /* whoever pins first holds the parent; an ancestor that is pinned has pinned all above it */
    while (span != NULL && cti_exchange(&span->pinned, (uint8_t)1) == 0) {
        ctrace_span *parent = span->parent;
        if (parent != NULL) {
            cti_fetch_add(&parent->holds, 1u);
            cti_store_relaxed(&parent->exposed, true); /* to whoever sees the child */
            if (parent->tree != span->tree) {
                ctrace_subscriber_ref(parent->tree->root);
            }
        }
        span = parent;
    }
}

/* What a pinned span let its parent have besides the hold: who looks at the parent asks its tree,
 * which the span's own does not keep when it is another one. */
static ctrace_subscriber *kept_for_parent(const ctrace_span *span, const ctrace_span *parent) {
    return parent != NULL && parent->tree != span->tree ? parent->tree->root : NULL;
}

static inline void free_span(cti_thread *self, ctrace_span *span) {
    if (CTRACE_I_UNLIKELY(span->recorded)) {
        cti_versions_free(span->versions);
    }
    if (CTRACE_I_UNLIKELY(cti_span_is_remote(span))) {
        cti_remote_free(span);
    }
    cti_block_give(self, span, span->block_class);
}

void cti_span_let_go(cti_thread *self, ctrace_span *span) {
    while (span != NULL) {
        /* acquire: one hold is ours, so with one left nobody else can look; what others did is done
         */
        if (cti_load_acquire(&span->holds) != 1 && cti_fetch_sub_acq_rel(&span->holds, 1u) != 1) {
            return;
        }
        ctrace_span *parent = cti_load_acquire(&span->pinned) != 0 ? span->parent : NULL;
        ctrace_subscriber *kept = kept_for_parent(span, parent);
        free_span(self, span);
        ctrace_subscriber_unref(kept);
        span = parent;
    }
}

/* ---- References ---- */

ctrace_span *ctrace_span_ref(ctrace_span *span) {
    if (span != NULL) {
        cti_span_pin(span);
        cti_store_relaxed(&span->exposed, true);
        cti_fetch_add(&span->references, 1u);
    }
    return span;
}

void ctrace_span_unref(ctrace_span *span) {
    if (span != NULL) {
        cti_span_release(&cti_self, span);
    }
}

/* ---- Spans that no scope owns ---- */

static ctrace_span *create_detached(cti_thread *self, cti_tree *tree, cti_site *site,
                                    const ctrace_value *values, ctrace_span *parent) {
    ctrace_span *span = cti_span_create(self, tree, site, values, parent, NULL);
    if (span == NULL) {
        cti_lost_span(&site->description);
        return NULL;
    }
    ctrace_subscriber_ref(tree->root);
    span->exposed = true;
    cti_span_pin(span);
    if (tree->ops->on_span_new != NULL) {
        const ctrace_moment now = cti_moment_now(self);
        tree->ops->on_span_new(tree->root, span, &now);
    }
    return span;
}

ctrace_span *cti_span_new(ctrace_callsite *instance, const ctrace_value *values,
                          ctrace_span *parent) {
    cti_thread *self = &cti_self;
    if (CTRACE_I_UNLIKELY(!cti_section_enter(self))) {
        cti_span_refuse(self, instance);
        return NULL;
    }
    ctrace_span *span = NULL;
    cti_tree *tree = cti_listener(self);
    cti_site *site = cti_site_known(instance);
    if (tree != NULL && site != NULL && cti_tree_takes(tree, site)) {
        cti_tell_losses(self, tree, site);
        span = create_detached(self, tree, site, values, parent);
    }
    cti_section_leave(self);
    return span;
}

ctrace_span *ctrace_i_span_new(ctrace_callsite *instance, const ctrace_value *values, int parentage,
                               const ctrace_span *parent) {
    ctrace_span *above = parentage == CTRACE_I_PARENT_CURRENT ? cti_self.scope->current
                         : parentage == CTRACE_I_PARENT_GIVEN ? (ctrace_span *)(uintptr_t)parent
                                                              : NULL;
    return cti_span_new(instance, values, cti_span_or_origin(above));
}

void ctrace_span_follows(ctrace_span *span, const ctrace_span *cause) {
    cti_thread *self = &cti_self;
    if (span == NULL || cause == NULL || span->tree->ops->on_span_follows == NULL) {
        return;
    }
    const bool entered = cti_section_enter(self);
    const ctrace_moment now = cti_moment_now(self);
    span->tree->ops->on_span_follows(span->tree->root, span, cause, &now);
    if (entered) {
        cti_section_leave(self);
    }
}

#include "core/span.h"

#include "core/block.h"
#include "core/dispatch.h"
#include "core/event.h"
#include "core/record.h"
#include "core/scratch.h"
#include "core/stats.h"
#include "ctrace/trace.h" /* without its declarations, what it exports would be hidden */

bool cti_span_seen(const ctrace_span *span, uint32_t node) {
    if (node < 64) {
        return (span->seen >> node & 1) != 0;
    }
    const uint64_t *words = (const uint64_t *)(const void *)span->data;
    return (*(words - node / 64) >> (node % 64) & 1) != 0;
}

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

/* ---- Callbacks ---- */

typedef void span_callback(ctrace_subscriber *, ctrace_span *, const ctrace_moment *);

/* Inside a section, or inside another callback's: what a callback emits is dropped either way. */
static void call(cti_thread *self, ctrace_span *span, span_callback *callback) {
    if (callback != NULL) {
        const ctrace_moment now = cti_moment_now(self);
        const bool entered = cti_section_enter(self);
        callback(span->tree->root, span, &now);
        if (entered) {
            cti_section_leave(self);
        }
    }
}

void cti_span_entered(cti_thread *self, ctrace_span *span) {
    call(self, span, span->tree->ops->on_span_enter);
}

void cti_span_left(cti_thread *self, ctrace_span *span) {
    call(self, span, span->tree->ops->on_span_exit);
}

/* ---- Ends ---- */

/* The lease has one span less. If it was the last one and the tree was retired before, the end is
 * on us: cti_tree_retire() stores, fences and looks at the count; we stored the count and look, not
 * into the tree, which may be gone by then. */
static void watch_lease(const cti_thread *self, cti_lease *lease, size_t count) {
    if (self->fence) {
        cti_fence();
    }
    if (count == 0 && cti_load_relaxed(&lease->tree_retired)) {
        cti_lease_ended(cti_load_acquire(&lease->tree));
    }
}

static inline void end_lease(const cti_thread *self, cti_lease *lease) {
    const size_t count = lease->count - 1;
    /* release: who finds 0 finds the span's work done */
    cti_store_release(&lease->count, count);
    cti_compiler_barrier();
    if (CTRACE_I_UNLIKELY(self->fence || cti_load_relaxed(&lease->tree_retired))) {
        watch_lease(self, lease, count);
    }
}

/* Gives back what kept the tree for the span. */
static void leave_tree(const cti_thread *self, cti_lease *lease, cti_tree *tree) {
    if (lease != NULL) {
        end_lease(self, lease);
    } else {
        ctrace_subscriber_unref(tree->root);
    }
}

static void close_span(cti_thread *self, ctrace_span *span) {
    cti_lease *lease = span->lease;
    cti_tree *tree = span->tree;
    call(self, span, tree->ops->on_span_close);
    cti_span_let_go(self, span);
    leave_tree(self, lease, tree);
}

void cti_span_release(cti_thread *self, ctrace_span *span) {
    if (cti_fetch_sub_acq_rel(&span->references, 1u) == 1) {
        close_span(self, span);
    }
}

/* Others hold it: from now on it is kept by counts that any thread may change. */
static void leave_scope(cti_thread *self, ctrace_span *span) {
    cti_lease *lease = span->lease;
    if (lease != NULL) {
        ctrace_subscriber_ref(span->tree->root);
        span->lease = NULL;
        end_lease(self, lease);
    }
    cti_span_release(self, span);
}

/* One call for both callbacks: they share the moment. False when on_span_exit took a reference, so
 * that the span stays open. */
static inline bool exit_and_close(cti_thread *self, ctrace_span *span) {
    const cti_tree *tree = span->tree;
    const ctrace_subscriber_ops *ops = tree->ops;
    const ctrace_moment now = cti_moment_now(self);
    uint64_t section;
    cti_section_begin(self, &section);
    if (ops->on_span_exit != NULL) {
        ops->on_span_exit(tree->root, span, &now);
    }
    /* acquire: with one reference left, ours, nobody else can take another */
    const bool last = cti_load_acquire(&span->references) == 1;
    if (last && ops->on_span_close != NULL) {
        ops->on_span_close(tree->root, span, &now);
    }
    cti_section_end(self, section);
    return last;
}

/* Whether there is nothing to give back but a small block. */
static inline bool is_plain(const ctrace_span *span) {
    return (span->pinned | span->recorded | span->block_class) == 0;
}

void cti_span_end_scope(cti_thread *self, ctrace_span *span) {
    if (CTRACE_I_UNLIKELY(!exit_and_close(self, span))) {
        leave_scope(self, span);
        return;
    }
    cti_lease *lease = span->lease;
    /* acquire: with one hold left nobody else can look or pin */
    if (CTRACE_I_LIKELY(cti_load_acquire(&span->holds) == 1 && is_plain(span))) {
        cti_block_give(self, span, 0);
    } else {
        cti_span_let_go(self, span);
    }
    end_lease(self, lease);
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

ctrace_span *ctrace_i_span_new(ctrace_callsite *instance, const ctrace_value *values, int parentage,
                               const ctrace_span *parent) {
    cti_thread *self = &cti_self;
    if (CTRACE_I_UNLIKELY(!cti_section_enter(self))) {
        cti_span_refuse(self, instance);
        return NULL;
    }
    ctrace_span *span = NULL;
    cti_tree *tree = cti_listener(self);
    cti_site *site = cti_site_known(instance);
    if (tree != NULL && site != NULL && cti_tree_takes(tree, site)) {
        ctrace_span *above = parentage == CTRACE_I_PARENT_CURRENT ? self->scope->current
                             : parentage == CTRACE_I_PARENT_GIVEN ? (ctrace_span *)(uintptr_t)parent
                                                                  : NULL;
        cti_tell_losses(self, tree, site);
        span = create_detached(self, tree, site, values, above);
    }
    cti_section_leave(self);
    return span;
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

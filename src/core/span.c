#include "core/span.h"

#include <stdalign.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"
#include "core/block.h"
#include "core/dispatch.h"
#include "core/event.h"
#include "core/record.h"
#include "core/scratch.h"
#include "core/stats.h"
#include "core/value.h"

/* ---- Memory ---- */

/* Words of `seen` bits that do not fit into the span itself; they lie in front of its data. */
static size_t more_seen_words(const cti_tree *tree) {
    return (tree->node_count - 1) / 64;
}

static size_t align_up(size_t size) {
    const size_t align = alignof(max_align_t);
    return (size + align - 1) / align * align;
}

/* Everything but the values. */
static void begin_span(ctrace_span *span, cti_tree *tree, cti_site *site, ctrace_span *parent,
                       cti_lease *lease, uint8_t block_class) {
    span->tree = tree;
    span->site = site;
    span->parent = parent;
    span->root = parent == NULL ? span : parent->root;
    span->lease = lease;
    span->fields.keys = site->description.field_names;
    span->fields.values = span->values;
    span->fields.count = site->description.field_count;
    span->seen = 1;
    span->references = 1;
    span->holds = 1;
    span->pinned = 0;
    span->exposed = false;
    span->block_class = block_class;
    span->id = 0;
    span->trace_id[0] = 0;
    span->trace_id[1] = 0;
    span->versions = NULL;
}

/* Where the tree's data begins in a span of `count` fields: behind the values and the further
 * `seen` words. */
static size_t data_offset(const cti_tree *tree, uint32_t count) {
    const size_t behind_values = sizeof(ctrace_span) + count * sizeof(ctrace_value);
    if (tree->data_size == 0 && tree->node_count <= 64) {
        return behind_values;
    }
    return align_up(behind_values + more_seen_words(tree) * sizeof(uint64_t));
}

static void clear_data(ctrace_span *span, uint32_t count, size_t data_at) {
    const size_t begin = sizeof *span + count * sizeof(ctrace_value);
    const size_t end = data_at + span->tree->data_size;
    span->data = (char *)span + data_at;
    if (end != begin) {
        memset((char *)span + begin, 0, end - begin);
    }
}

/* Copies the values and what is behind them into the room from `at` to `limit`, in one pass. False
 * when it does not fit, or there are texts to be written. */
static bool copy_values(ctrace_span *span, const ctrace_value *from, uint32_t count, char *at,
                        const char *limit) {
    for (uint32_t i = 0; i < count; i++) {
        ctrace_value *to = &span->values[i];
        *to = from[i];
        if (from[i].kind < CTRACE_VALUE_STRING) {
            continue;
        }
        if (from[i].kind == CTRACE_VALUE_LAZY) {
            return false;
        }
        cti_value_measure(to);
        if (!cti_value_has_bytes(to)) {
            continue;
        }
        if ((size_t)(limit - at) <= to->size) {
            return false;
        }
        memcpy(at, to->as.pointer, to->size);
        at[to->size] = '\0';
        to->as.pointer = at;
        at += (size_t)to->size + 1;
    }
    return true;
}

/* A span whose size must be found first: a large one, or one with texts to be written. */
static ctrace_span *create_slowly(cti_thread *self, cti_tree *tree, cti_site *site,
                                  const ctrace_value *given, ctrace_span *parent,
                                  cti_lease *lease) {
    const uint32_t count = site->description.field_count;
    ctrace_value *values = (ctrace_value *)(uintptr_t)given; /* the macro's own array */
    ctrace_buf texts = CTI_BUF_INIT;
    size_t bytes;
    ctrace_span *span = NULL;
    if (cti_values_settle(values, count, &texts, &bytes)) {
        const size_t data_at = data_offset(tree, count);
        uint8_t block_class;
        span = cti_block_take(self, data_at + tree->data_size + bytes, &block_class);
        if (span != NULL) {
            begin_span(span, tree, site, parent, lease, block_class);
            clear_data(span, count, data_at);
            cti_values_copy(span->values, values, count, span->data + tree->data_size);
        }
    }
    cti_buf_release(&texts);
    return span;
}

ctrace_span *cti_span_create(cti_thread *self, cti_tree *tree, cti_site *site,
                             const ctrace_value *given, ctrace_span *parent, cti_lease *lease) {
    const uint32_t count = site->description.field_count;
    const size_t data_at = data_offset(tree, count);
    const size_t fixed = data_at + tree->data_size;
    uint8_t block_class;
    ctrace_span *span =
        fixed <= CTI_BLOCK_SMALLEST ? cti_block_take(self, CTI_BLOCK_SMALLEST, &block_class) : NULL;
    if (CTRACE_I_UNLIKELY(span == NULL)) {
        return create_slowly(self, tree, site, given, parent, lease);
    }
    begin_span(span, tree, site, parent, lease, block_class);
    clear_data(span, count, data_at);
    if (CTRACE_I_UNLIKELY(!copy_values(span, given, count, (char *)span + fixed,
                                       (char *)span + CTI_BLOCK_SMALLEST))) {
        cti_block_give(self, span, block_class);
        return create_slowly(self, tree, site, given, parent, lease);
    }
    return span;
}

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
    if (CTRACE_I_UNLIKELY(span->versions != NULL)) {
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

static inline void end_lease(const cti_thread *self, cti_lease *lease) {
    cti_tree *tree = lease->tree;
    const size_t count = lease->count - 1;
    /* release: who finds 0 finds the span's work done. Then, if the tree was retired before, it is
     * on us: cti_tree_retire() stores, fences and looks at the count; we store the count and look,
     * not into the tree, which may be gone by then. */
    cti_store_release(&lease->count, count);
    if (CTRACE_I_UNLIKELY(self->fence)) {
        cti_fence();
    } else {
        cti_compiler_barrier();
    }
    if (CTRACE_I_UNLIKELY(count == 0 && cti_load_relaxed(&lease->tree_retired))) {
        cti_lease_ended(tree);
    }
}

/* Gives back what kept the tree for the span. */
static inline void leave_tree(const cti_thread *self, cti_lease *lease, cti_tree *tree) {
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
static bool exit_and_close(cti_thread *self, ctrace_span *span) {
    const ctrace_subscriber_ops *ops = span->tree->ops;
    if (ops->on_span_exit == NULL && ops->on_span_close == NULL) {
        return true;
    }
    const ctrace_moment now = cti_moment_now(self);
    const bool entered = cti_section_enter(self);
    if (ops->on_span_exit != NULL) {
        ops->on_span_exit(span->tree->root, span, &now);
    }
    const bool last = cti_load_acquire(&span->references) == 1;
    if (last && ops->on_span_close != NULL) {
        ops->on_span_close(span->tree->root, span, &now);
    }
    if (entered) {
        cti_section_leave(self);
    }
    return last;
}

void cti_span_end_scope(cti_thread *self, ctrace_span *span) {
    /* acquire: with one reference left, ours, nobody else can take another */
    if (CTRACE_I_UNLIKELY(cti_load_acquire(&span->references) != 1)) {
        cti_span_left(self, span);
        leave_scope(self, span);
        return;
    }
    if (CTRACE_I_UNLIKELY(!exit_and_close(self, span))) {
        leave_scope(self, span);
        return;
    }
    cti_lease *lease = span->lease;
    cti_tree *tree = span->tree;
    if (cti_load_acquire(&span->holds) == 1 && span->pinned == 0) {
        free_span(self, span);
    } else {
        cti_span_let_go(self, span);
    }
    leave_tree(self, lease, tree);
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

/* ---- Opening ---- */

static void tell_new_and_enter(cti_tree *tree, ctrace_span *span, const ctrace_moment *now) {
    if (tree->ops->on_span_new != NULL) {
        tree->ops->on_span_new(tree->root, span, now);
    }
    if (tree->ops->on_span_enter != NULL) {
        tree->ops->on_span_enter(tree->root, span, now);
    }
}

static uint64_t open_span(cti_thread *self, cti_tree *tree, cti_site *site,
                          const ctrace_value *values) {
    cti_scope *scope = self->scope;
    cti_lease *lease = scope->lease;
    if (CTRACE_I_UNLIKELY(lease == NULL || cti_load_acquire(&lease->tree) != tree)) {
        lease = cti_lease_of(scope, tree);
    }
    ctrace_span *span =
        lease == NULL ? NULL : cti_span_create(self, tree, site, values, scope->current, lease);
    const cti_entry *entry = span == NULL ? NULL : cti_scope_push(scope, CTI_ENTRY_SCOPED, span);
    if (CTRACE_I_UNLIKELY(entry == NULL)) {
        if (span != NULL) {
            free_span(self, span);
        }
        cti_lost_span(&site->description);
        return 0;
    }
    cti_store_relaxed(&lease->count, lease->count + 1);
    const uint64_t token = entry->token;
    const ctrace_moment now = cti_moment_now(self);
    tell_new_and_enter(tree, span, &now);
    return token;
}

/* What could not be done for want of a section. */
static void refuse_span(const cti_thread *self, const ctrace_callsite *instance) {
    if (cti_section_inside(self)) {
        cti_count(CTI_REENTRANT_EVENTS, 1);
    } else {
        const cti_site *site = cti_site_known(instance);
        cti_lost_span(site == NULL ? NULL : &site->description);
    }
}

uint64_t ctrace_i_span_open(ctrace_callsite *instance, const ctrace_value *values) {
    cti_thread *self = &cti_self;
    cti_scope *scope = self->scope;
    if (CTRACE_I_UNLIKELY(cti_load_relaxed(&scope->requests) != NULL)) {
        cti_scope_serve_requests(scope);
    }
    if (CTRACE_I_UNLIKELY(!cti_section_enter(self))) {
        refuse_span(self, instance);
        return 0;
    }
    uint64_t token = 0;
    cti_tree *tree = cti_listener(self);
    cti_site *site = cti_site_known(instance);
    if (tree != NULL && site != NULL && cti_tree_takes(tree, site)) {
        cti_tell_losses(self, tree, site);
        token = open_span(self, tree, site, values);
    }
    cti_section_leave(self);
    return token;
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
        refuse_span(self, instance);
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

#include "core/span.h"

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

/* Bytes behind the values for the tree's nodes: zeroes at first. */
static inline size_t room_of(const cti_tree *tree) {
    return tree->seen_size + tree->data_size;
}

/* Everything but the values. */
static inline void begin_span(ctrace_span *span, cti_tree *tree, cti_site *site,
                              ctrace_span *parent, cti_lease *lease, uint8_t block_class) {
    const uint32_t count = site->description.field_count;
    span->tree = tree;
    span->site = site;
    span->parent = parent;
    span->root = parent == NULL ? span : parent->root;
    span->lease = lease;
    span->fields.keys = site->description.field_names;
    span->fields.values = span->values;
    span->fields.count = count;
    span->seen = 1;
    span->references = 1;
    span->holds = 1;
    span->pinned = 0;
    span->exposed = false;
    span->block_class = block_class;
    span->recorded = false;
    span->id = 0;
    span->trace_id[0] = 0;
    span->trace_id[1] = 0;
    if (CTRACE_I_UNLIKELY(room_of(tree) != 0)) {
        char *behind_values = (char *)&span->values[count];
        span->data = behind_values + tree->seen_size;
        memset(behind_values, 0, room_of(tree));
    }
}

/* memcpy() without the call for the few bytes that most strings have. */
static inline void copy_bytes(char *to, const char *from, size_t size) {
    if (size >= 4 && size <= 8) { /* the halves may overlap */
        memcpy(to, from, 4);
        memcpy(to + size - 4, from + size - 4, 4);
    } else {
        memcpy(to, from, size);
    }
}

/* Copies `size` bytes to `at`, with a NUL, and has the value point there. Returns where they end;
 * NULL when they do not fit. */
static inline char *copy_behind(ctrace_value *value, size_t size, char *at, const char *limit) {
    if (CTRACE_I_UNLIKELY((size_t)(limit - at) <= size)) {
        return NULL;
    }
    copy_bytes(at, value->as.string, size);
    at[size] = '\0';
    value->as.string = at;
    value->size = (uint32_t)size;
    return at + size + 1;
}

/* Kinds that are rarer. A text that is not written yet does not fit either. */
CTRACE_I_COLD
static char *copy_rarer(ctrace_value *to, const ctrace_value *from, char *at, const char *limit) {
    if (from->kind == CTRACE_VALUE_LAZY) {
        return NULL;
    }
    *to = *from;
    cti_value_measure(to);
    return cti_value_has_bytes(to) ? copy_behind(to, to->size, at, limit) : at;
}

static inline size_t size_of_text(const ctrace_value *text) {
    return text->size == CTRACE_I_UNMEASURED ? strlen(text->as.string) : text->size;
}

/* Copies the values and what is behind them into the room from `at` to `limit`, in one pass. False
 * when that does not suffice. */
static inline bool copy_values(ctrace_value *to, const ctrace_value *from, uint32_t count, char *at,
                               const char *limit) {
    for (const ctrace_value *end = from + count; from != end; from++, to++) {
        const uint32_t kind = from->kind;
        const bool text = kind == CTRACE_VALUE_STRING && from->as.string != NULL;
        if (CTRACE_I_UNLIKELY(kind >= CTRACE_VALUE_STRING && !text)) {
            at = copy_rarer(to, from, at, limit);
        } else {
            /* in the pieces in which the macro stored it just now: a load of the whole would have
             * to wait until both stores have left the processor */
            to->as.u64 = from->as.u64;
            to->size = 0;
            to->kind = kind;
        }
        if (text) {
            at = copy_behind(to, size_of_text(from), at, limit);
        }
        if (CTRACE_I_UNLIKELY(at == NULL)) {
            return false;
        }
    }
    return true;
}

ctrace_span *cti_span_create(cti_thread *self, cti_tree *tree, cti_site *site,
                             const ctrace_value *given, ctrace_span *parent, cti_lease *lease) {
    const uint32_t count = site->description.field_count;
    ctrace_value *values = (ctrace_value *)(uintptr_t)given; /* the macro's own array */
    ctrace_buf texts = CTI_BUF_INIT;
    size_t bytes;
    ctrace_span *span = NULL;
    if (cti_values_settle(values, count, &texts, &bytes)) {
        const size_t fixed = sizeof *span + count * sizeof *values + room_of(tree);
        uint8_t block_class;
        span = cti_block_take(self, fixed + bytes, &block_class);
        if (span != NULL) {
            begin_span(span, tree, site, parent, lease, block_class);
            cti_values_copy(span->values, values, count, (char *)span + fixed);
        }
    }
    cti_buf_release(&texts);
    return span;
}

/* The same for the common span, which fits into the smallest block. */
static inline ctrace_span *create_small(cti_thread *self, cti_tree *tree, cti_site *site,
                                        const ctrace_value *given, ctrace_span *parent,
                                        cti_lease *lease) {
    const uint32_t count = site->description.field_count;
    const size_t fixed = sizeof(ctrace_span) + count * sizeof *given + room_of(tree);
    ctrace_span *span = fixed <= CTI_BLOCK_SMALLEST ? cti_block_take_small(self) : NULL;
    if (CTRACE_I_UNLIKELY(span == NULL)) {
        return cti_span_create(self, tree, site, given, parent, lease);
    }
    begin_span(span, tree, site, parent, lease, 0);
    if (CTRACE_I_UNLIKELY(!copy_values(span->values, given, count, (char *)span + fixed,
                                       (char *)span + CTI_BLOCK_SMALLEST))) {
        cti_block_give(self, span, 0);
        return cti_span_create(self, tree, site, given, parent, lease);
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
    const ctrace_subscriber_ops *ops = span->tree->ops;
    const ctrace_moment now = cti_moment_now(self);
    uint64_t section;
    cti_section_begin(self, &section);
    if (ops->on_span_exit != NULL) {
        ops->on_span_exit(span->tree->root, span, &now);
    }
    /* acquire: with one reference left, ours, nobody else can take another */
    const bool last = cti_load_acquire(&span->references) == 1;
    if (last && ops->on_span_close != NULL) {
        ops->on_span_close(span->tree->root, span, &now);
    }
    cti_section_end(self, section);
    return last;
}

void cti_span_end_scope(cti_thread *self, ctrace_span *span) {
    if (CTRACE_I_UNLIKELY(!exit_and_close(self, span))) {
        leave_scope(self, span);
        return;
    }
    cti_lease *lease = span->lease;
    if (CTRACE_I_LIKELY(cti_load_acquire(&span->holds) == 1 && span->pinned == 0)) {
        free_span(self, span);
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

/* ---- Opening ---- */

static inline void tell_new_and_enter(cti_tree *tree, ctrace_span *span, const ctrace_moment *now) {
    if (tree->ops->on_span_new != NULL) {
        tree->ops->on_span_new(tree->root, span, now);
    }
    if (tree->ops->on_span_enter != NULL) {
        tree->ops->on_span_enter(tree->root, span, now);
    }
}

static inline uint64_t open_span(cti_thread *self, cti_tree *tree, cti_site *site,
                                 const ctrace_value *values) {
    cti_scope *scope = self->scope;
    cti_lease *lease = scope->lease;
    if (CTRACE_I_UNLIKELY(lease == NULL || cti_load_acquire(&lease->tree) != tree)) {
        lease = cti_lease_of(scope, tree);
    }
    ctrace_span *span =
        lease == NULL ? NULL : create_small(self, tree, site, values, scope->current, lease);
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
    uint64_t section;
    if (CTRACE_I_UNLIKELY(!cti_section_begin(self, &section))) {
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
    cti_section_end(self, section);
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

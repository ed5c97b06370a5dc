/* Making spans, and opening them for a scope. */
#include <string.h>

#include "base/buf.h"
#include "core/block.h"
#include "core/dispatch.h"
#include "core/event.h"
#include "core/remote.h"
#include "core/scratch.h"
#include "core/stats.h"
#include "core/value.h"
#include "ctrace/detail/emit.h"

/* ---- Making ---- */

/* `size` bytes, a multiple of 8: mostly so few that a call would take longer. */
static inline void clear(char *room, size_t size) {
    for (size_t i = 0; i < size; i += 8) {
        memset(room + i, 0, 8);
    }
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
    if (tree->room != 0) {
        char *behind_values = (char *)&span->values[count];
        span->data = behind_values + tree->seen_size;
        clear(behind_values, tree->room);
    }
}

ctrace_span *cti_span_create(cti_thread *self, cti_tree *tree, cti_site *site,
                             const ctrace_value *given, ctrace_span *parent, cti_lease *lease) {
    const uint32_t count = site->description.field_count;
    ctrace_value *values = (ctrace_value *)(uintptr_t)given; /* the macro's own array */
    ctrace_buf texts = CTI_BUF_INIT;
    size_t bytes;
    ctrace_span *span = NULL;
    if (cti_values_settle(values, count, &texts, &bytes)) {
        const size_t fixed = sizeof *span + count * sizeof *values + tree->room;
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

/* ---- Making the common span ---- */

enum { SHORT = 16 }; /* strings of fewer bytes are measured and copied without a call */

/* strlen(), up to SHORT. */
static inline size_t short_length(const char *string) {
#if defined(__GNUC__)
#pragma GCC unroll 16
#endif
    for (size_t length = 0; length < SHORT; length++) {
        if (string[length] == '\0') {
            return length;
        }
    }
    return SHORT;
}

/* memcpy() for up to SHORT bytes. */
static inline void copy_short(char *to, const char *from, size_t size) {
    if (size >= 8) { /* the halves may overlap */
        memcpy(to, from, 8);
        memcpy(to + size - 8, from + size - 8, 8);
    } else if (size >= 4) {
        memcpy(to, from, 4);
        memcpy(to + size - 4, from + size - 4, 4);
    } else {
        for (size_t i = 0; i < size; i++) {
            to[i] = from[i];
        }
    }
}

/* Any text. False when it does not fit. */
CTRACE_I_COLD
static bool copy_long(char *to, const ctrace_value *text, const char *limit, size_t *ret_size) {
    const size_t size =
        text->size == CTRACE_I_UNMEASURED ? strlen(text->as.string) : (size_t)text->size;
    if (size >= (size_t)(limit - to)) {
        return false;
    }
    memcpy(to, text->as.string, size);
    *ret_size = size;
    return true;
}

/* Copies a text to `at`, with a NUL, and has `to` point there. Returns where it ends; NULL when it
 * does not fit. */
static inline char *copy_text(ctrace_value *to, const ctrace_value *text, char *at,
                              const char *limit) {
    size_t size = text->size;
    if (size == CTRACE_I_UNMEASURED) {
        size = short_length(text->as.string);
    }
    if (CTRACE_I_UNLIKELY(size >= SHORT || limit - at < SHORT)) {
        size_t measured;
        if (!copy_long(at, text, limit, &measured)) {
            return NULL;
        }
        size = measured;
    } else {
        copy_short(at, text->as.string, size);
    }
    at[size] = '\0';
    to->as.string = at;
    to->size = (uint32_t)size;
    to->kind = CTRACE_VALUE_STRING;
    return at + size + 1;
}

/* Copies the values and what is behind them into the room from `at` to `limit`, in one pass. False
 * when it does not fit, or there is something behind them that is no text, or not written yet. */
static inline bool copy_values(ctrace_value *to, const ctrace_value *from, uint32_t count, char *at,
                               const char *limit) {
    for (; count != 0; count--, from++, to++) { /* without any, `from` is NULL */
        const uint32_t kind = from->kind;
        if (kind == CTRACE_VALUE_STRING && from->as.string != NULL) {
            at = copy_text(to, from, at, limit);
            if (CTRACE_I_UNLIKELY(at == NULL)) {
                return false;
            }
        } else if (CTRACE_I_UNLIKELY(kind == CTRACE_VALUE_BYTES || kind == CTRACE_VALUE_LAZY)) {
            return false;
        } else {
            /* in the pieces in which the macro stored it just now: a load of the whole would have
             * to wait until both stores have left the processor */
            to->as.u64 = from->as.u64;
            to->size = 0;
            to->kind = kind;
        }
    }
    return true;
}

/* A span that fits into a small block which is there already, else NULL. */
static inline ctrace_span *create_small(cti_thread *self, cti_tree *tree, cti_site *site,
                                        const ctrace_value *given, ctrace_span *parent,
                                        cti_lease *lease) {
    const uint32_t count = site->description.field_count;
    const size_t fixed = sizeof(ctrace_span) + count * sizeof *given + tree->room;
    ctrace_span *span = fixed <= CTI_BLOCK_SMALLEST ? cti_block_take_small(self) : NULL;
    if (CTRACE_I_UNLIKELY(span == NULL)) {
        return NULL;
    }
    begin_span(span, tree, site, parent, lease, 0);
    if (CTRACE_I_UNLIKELY(!copy_values(span->values, given, count, (char *)span + fixed,
                                       (char *)span + CTI_BLOCK_SMALLEST))) {
        cti_block_give(self, span, 0);
        return NULL;
    }
    return span;
}

/* ---- Opening ---- */

/* Tells the subscriber of a span that now lies on top of the scope. */
static inline void tell_opened(cti_thread *self, cti_tree *tree, ctrace_span *span) {
    const ctrace_moment now = cti_moment_now(self);
    if (tree->ops->on_span_new != NULL) {
        tree->ops->on_span_new(tree->root, span, &now);
    }
    if (tree->ops->on_span_enter != NULL) {
        tree->ops->on_span_enter(tree->root, span, &now);
    }
}

/* Makes a span and pushes it. Returns its token; 0 when there is no memory. */
static uint64_t push_any(cti_thread *self, cti_tree *tree, cti_site *site,
                         const ctrace_value *values) {
    cti_scope *scope = self->scope;
    cti_lease *lease = cti_lease_of(scope, tree);
    ctrace_span *span = lease == NULL ? NULL
                                      : cti_span_create(self, tree, site, values,
                                                        cti_span_or_origin(scope->current), lease);
    const cti_entry *entry = span == NULL ? NULL : cti_scope_push(scope, CTI_ENTRY_SCOPED, span);
    if (entry != NULL) {
        cti_store_relaxed(&lease->count, lease->count + 1);
        return entry->token;
    }
    if (span != NULL) {
        cti_block_give(self, span, span->block_class);
    }
    return 0;
}

/* The same for the common span, where nothing has to be allocated; NULL where it has. */
static inline ctrace_span *push_small(cti_thread *self, cti_tree *tree, cti_site *site,
                                      const ctrace_value *values, uint64_t *ret_token) {
    cti_scope *scope = self->scope;
    cti_lease *lease = scope->lease;
    if (CTRACE_I_UNLIKELY(lease == NULL || cti_load_acquire(&lease->tree) != tree ||
                          cti_scope_is_full(scope))) {
        return NULL;
    }
    ctrace_span *span =
        create_small(self, tree, site, values, cti_span_or_origin(scope->current), lease);
    if (CTRACE_I_UNLIKELY(span == NULL)) {
        return NULL;
    }
    cti_store_relaxed(&lease->count, lease->count + 1);
    cti_scope_put(scope, CTI_ENTRY_SCOPED, span);
    *ret_token = scope->next_token;
    return span;
}

/* What could not be done for want of a section. */
void cti_span_refuse(const cti_thread *self, const ctrace_callsite *instance) {
    if (cti_section_inside(self)) {
        cti_count(CTI_REENTRANT_EVENTS, 1);
    } else {
        const cti_site *site = cti_site_known(instance);
        cti_lost_span(site == NULL ? NULL : &site->description);
    }
}

/* In whatever state the thread, its scope and the callsite are. */
CTRACE_I_COLD
static uint64_t open_uncommonly(const ctrace_callsite *instance, const ctrace_value *values) {
    cti_thread *self = &cti_self;
    cti_scope_serve_requests(self->scope);
    uint64_t section;
    if (!cti_section_begin(self, &section)) {
        cti_span_refuse(self, instance);
        return 0;
    }
    uint64_t token = 0;
    cti_tree *tree = cti_listener(self);
    cti_site *site = cti_site_known(instance);
    if (tree != NULL && site != NULL && cti_tree_takes(tree, site)) {
        cti_tell_losses(self, tree, site);
        token = push_any(self, tree, site, values);
        if (token != 0) {
            tell_opened(self, tree, self->scope->current);
        } else {
            cti_lost_span(&site->description);
        }
    }
    cti_section_end(self, section);
    return token;
}

/* What is rare is somewhere else and is called last, so that little has to be saved here: stores
 * are what a span costs. */
uint64_t ctrace_i_span_open(ctrace_callsite *instance, const ctrace_value *values) {
    cti_thread *self = &cti_self;
    cti_site *site = cti_site_known(instance);
    uint64_t section;
    if (CTRACE_I_UNLIKELY(site == NULL || cti_load_relaxed(&site->lost) != 0 ||
                          cti_load_relaxed(&self->scope->requests) != NULL ||
                          !cti_section_begin_lightly(self, &section))) {
        return open_uncommonly(instance, values);
    }
    uint64_t token = 0;
    cti_tree *tree = cti_listener(self);
    if (CTRACE_I_LIKELY(tree != NULL && cti_tree_takes(tree, site))) {
        ctrace_span *span = push_small(self, tree, site, values, &token);
        if (CTRACE_I_UNLIKELY(span == NULL)) {
            cti_section_end(self, section);
            return open_uncommonly(instance, values);
        }
        if (tree->shortcuts == NULL || !tree->shortcuts->open(tree->root, span)) {
            tell_opened(self, tree, span);
        }
    }
    cti_section_end(self, section);
    return token;
}

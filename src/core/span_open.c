/* Opening spans for a scope. */
#include <string.h>

#include "base/short_string.h"
#include "core/block.h"
#include "core/dispatch.h"
#include "core/event.h"
#include "core/remote.h"
#include "core/scratch.h"
#include "core/span_begin.h"
#include "core/stats.h"
#include "ctrace/detail/emit.h"

/* ---- The common span ---- */

/* Any text. NULL when it does not fit. */
CTRACE_I_COLD
static char *copy_long(ctrace_value *to, const ctrace_value *text, char *at, const char *limit) {
    const size_t size =
        text->size == CTRACE_I_UNMEASURED ? strlen(text->as.string) : (size_t)text->size;
    if (size >= (size_t)(limit - at)) {
        return NULL;
    }
    memcpy(at, text->as.string, size);
    at[size] = '\0';
    to->size = (uint32_t)size;
    return at + size + 1;
}

/* A short one, for which there is room. Returns its size, or more than CTI_SHORT_STRING. */
static inline size_t copy_short(char *at, const ctrace_value *text) {
    if (text->size == CTRACE_I_UNMEASURED) {
        return cti_short_string_copy(at, text->as.string);
    }
    if (text->size <= CTI_SHORT_STRING) {
        cti_short_copy(at, text->as.string, text->size);
        at[text->size] = '\0';
    }
    return text->size;
}

/* Copies a text to `at`, with a NUL, and has `to` point there. Returns where it ends; NULL when it
 * does not fit. */
static inline char *copy_text(ctrace_value *to, const ctrace_value *text, char *at,
                              const char *limit) {
    to->as.string = at;
    to->kind = CTRACE_VALUE_STRING;
    const size_t size = limit - at > CTI_SHORT_STRING ? copy_short(at, text) : SIZE_MAX;
    if (CTRACE_I_UNLIKELY(size > CTI_SHORT_STRING)) {
        return copy_long(to, text, at, limit);
    }
    to->size = (uint32_t)size;
    return at + size + 1;
}

/* Copies the values and what is behind them into the room from `at` to `limit`, in one pass. False
 * when it does not fit, or there is something behind them that is no text, or not written yet. */
static inline bool copy_values(ctrace_value *to, const ctrace_value *from, size_t count, char *at,
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
    cti_span_begin(span, tree, site, parent, lease, 0);
    if (CTRACE_I_UNLIKELY(!copy_values(span->values, given, count, (char *)span + fixed,
                                       (char *)span + CTI_BLOCK_SMALLEST))) {
        cti_block_give(self, span, 0);
        return NULL;
    }
    return span;
}

/* Makes a common span and pushes it; NULL where something has to be allocated for that. */
static inline ctrace_span *push_small(cti_thread *self, cti_tree *tree, cti_site *site,
                                      const ctrace_value *values) {
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
    return span;
}

/* ---- Any span ---- */

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
    cti_tree *tree = cti_listener(self);
    cti_site *site = cti_site_known(instance);
    if (tree != NULL && site != NULL && cti_tree_takes(tree, site)) {
        cti_tell_losses(self, tree, site);
        if (push_any(self, tree, site, values) != 0) {
            return cti_span_deliver_open(self->scope->current);
        }
        cti_lost_span(&site->description);
    }
    cti_section_end(self, section);
    return 0;
}

/* ---- Opening ---- */

uint64_t cti_span_deliver_open(ctrace_span *span) {
    cti_thread *self = &cti_self;
    const uint64_t token = self->scope->top->token;
    const ctrace_subscriber_ops *ops = span->tree->ops;
    const ctrace_moment now = cti_moment_now(self);
    if (ops->on_span_new != NULL) {
        ops->on_span_new(span->tree->root, span, &now);
    }
    if (ops->on_span_enter != NULL) {
        ops->on_span_enter(span->tree->root, span, &now);
    }
    cti_section_leave(self);
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
    cti_tree *tree = cti_listener(self);
    if (CTRACE_I_UNLIKELY(tree == NULL || !cti_tree_takes(tree, site))) {
        cti_section_end(self, section);
        return 0;
    }
    ctrace_span *span = push_small(self, tree, site, values);
    if (CTRACE_I_UNLIKELY(span == NULL)) {
        cti_section_end(self, section);
        return open_uncommonly(instance, values);
    }
    return tree->take.open(span);
}

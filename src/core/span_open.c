/* Opening spans for a scope. */
#include <string.h>

#include "base/inline.h"
#include "base/short_string.h"
#include "core/block.h"
#include "core/dispatch.h"
#include "core/event.h"
#include "core/remote.h"
#include "core/scratch.h"
#include "core/span_begin.h"
#include "core/stats.h"
#include "ctrace/detail/emit.h"

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
            cti_route_forget(&self->route);
            return cti_span_deliver_open(self->scope->current);
        }
        cti_lost_span(&site->description);
    }
    cti_section_end(self, section);
    return 0;
}

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

/* ---- The common span: of a small block that is there already ---- */

/* A short text, for which there is room. Returns its size, or more than CTI_SHORT_STRING. */
static CTI_ALWAYS_INLINE size_t copy_short(char *at, const ctrace_value *text) {
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
 * is long, or does not fit. */
static CTI_ALWAYS_INLINE char *copy_short_text(ctrace_value *to, const ctrace_value *text, char *at,
                                               const char *limit) {
    const size_t size = limit - at > CTI_SHORT_STRING ? copy_short(at, text) : SIZE_MAX;
    if (CTRACE_I_UNLIKELY(size > CTI_SHORT_STRING)) {
        return NULL;
    }
    to->as.string = at;
    to->size = (uint32_t)size;
    to->kind = CTRACE_VALUE_STRING;
    return at + size + 1;
}

/* Copies a value, and what is behind it to `at`. Returns where that ends; NULL for what needs more
 * than that. */
static CTI_ALWAYS_INLINE char *copy_usual(ctrace_value *to, const ctrace_value *from, char *at,
                                          const char *limit) {
    const uint32_t kind = from->kind;
    if (kind == CTRACE_VALUE_STRING && from->as.string != NULL) {
        return copy_short_text(to, from, at, limit);
    }
    if (CTRACE_I_UNLIKELY(kind == CTRACE_VALUE_BYTES || kind == CTRACE_VALUE_LAZY)) {
        return NULL;
    }
    /* in the pieces in which the macro stored it just now: a load of the whole would have to wait
     * until both stores have left the processor */
    to->as.u64 = from->as.u64;
    to->size = 0;
    to->kind = kind;
    return at;
}

/* The same for texts of any size. */
static char *copy_long(ctrace_value *to, const ctrace_value *text, char *at, const char *limit) {
    if (text->kind != CTRACE_VALUE_STRING) {
        return NULL;
    }
    const size_t size =
        text->size == CTRACE_I_UNMEASURED ? strlen(text->as.string) : (size_t)text->size;
    if (size >= (size_t)(limit - at)) {
        return NULL;
    }
    memcpy(at, text->as.string, size);
    at[size] = '\0';
    to->as.string = at;
    to->size = (uint32_t)size;
    to->kind = CTRACE_VALUE_STRING;
    return at + size + 1;
}

static inline const char *limit_of(const ctrace_span *span) {
    return (const char *)span + CTI_BLOCK_SMALLEST;
}

/* Puts the span on top of the scope and tells of it. Returns its token. */
static inline uint64_t push_common(cti_scope *scope, ctrace_span *span) {
    cti_store_relaxed(&span->lease->count, span->lease->count + 1);
    cti_scope_put(scope, CTI_ENTRY_SCOPED, span);
    return cti_self.route.take.open(span);
}

/* The span after all needs more than the block. */
CTRACE_I_COLD
static uint64_t open_larger(ctrace_span *span, const ctrace_value *values) {
    const ctrace_callsite *site = &span->site->description;
    cti_block_give(&cti_self, span, 0);
    cti_section_leave(&cti_self);
    return open_uncommonly(site, values);
}

/* The rest of the values, from one on that is not of the usual ones. */
CTRACE_I_NOINLINE
static uint64_t copy_rest(ctrace_span *span, const ctrace_value *from, size_t left, char *at) {
    const size_t done = span->fields.count - left;
    for (size_t i = 0; i < left; i++) {
        ctrace_value *to = &span->values[done + i];
        char *behind = copy_usual(to, &from[i], at, limit_of(span));
        at = behind != NULL ? behind : copy_long(to, &from[i], at, limit_of(span));
        if (at == NULL) {
            return open_larger(span, from - done);
        }
    }
    return push_common(cti_self.scope, span);
}

/* Whether the scope can take a span of the tree without allocating. */
static inline bool has_room(const cti_scope *scope, const cti_tree *tree) {
    const cti_lease *lease = scope->lease;
    return CTRACE_I_LIKELY(lease != NULL && cti_load_acquire(&lease->tree) == tree &&
                           !cti_scope_is_full(scope));
}

/* A small block, if what the span has but for texts fits into it. */
static inline ctrace_span *take_block(cti_thread *self, size_t fixed) {
    return CTRACE_I_LIKELY(fixed <= CTI_BLOCK_SMALLEST) ? cti_block_take_small(self) : NULL;
}

/* ---- Opening ---- */

/* Where a span of another size, or other memory, is needed. */
CTRACE_I_COLD
static uint64_t open_again(const cti_site *site, const ctrace_value *values) {
    cti_section_leave(&cti_self);
    return open_uncommonly(&site->description, values);
}

/* Where the route has to be found. */
CTRACE_I_COLD
static uint64_t open_anew(cti_site *site, const ctrace_value *values) {
    cti_route *route = &cti_self.route;
    cti_route_find(&cti_self);
    const bool found = route->epoch != 0;
    cti_section_leave(&cti_self);
    return found ? ctrace_i_span_open(&site->description, values)
                 : open_uncommonly(&site->description, values);
}

/* What is rare is somewhere else and is called last, so that little has to be saved here: stores
 * are what a span costs. */
uint64_t ctrace_i_span_open(ctrace_callsite *instance, const ctrace_value *values) {
    cti_thread *self = &cti_self;
    cti_site *site = cti_site_known(instance);
    uint64_t section;
    if (CTRACE_I_UNLIKELY(site == NULL || cti_load_relaxed(&site->lost) != 0 ||
                          cti_load_relaxed(&self->scope->requests) != NULL ||
                          !cti_section_begin_unfenced(self, &section))) {
        return open_uncommonly(instance, values);
    }
    if (CTRACE_I_UNLIKELY(!cti_route_holds(&self->route))) {
        return open_anew(site, values);
    }
    cti_tree *tree = self->route.tree;
    cti_scope *scope = self->scope;
    if (CTRACE_I_UNLIKELY(!cti_tree_takes(tree, site))) {
        cti_section_end(self, section);
        return 0;
    }
    const size_t count = site->description.field_count;
    const size_t fixed = sizeof(ctrace_span) + count * sizeof *values + tree->room;
    ctrace_span *span = has_room(scope, tree) ? take_block(self, fixed) : NULL;
    if (CTRACE_I_UNLIKELY(span == NULL)) {
        return open_again(site, values);
    }
    cti_span_begin(span, tree, site, cti_span_or_origin(scope->current), scope->lease, 0);
    char *at = (char *)span + fixed;
    ctrace_value *to = span->values;
    for (size_t left = count; left != 0; left--, values++, to++) { /* without any it is NULL */
        char *behind = copy_usual(to, values, at, limit_of(span));
        if (CTRACE_I_UNLIKELY(behind == NULL)) {
            return copy_rest(span, values, left, at);
        }
        at = behind;
    }
    return push_common(scope, span);
}

/* Opening spans for a scope. */
#include <string.h>

#include "core/dispatch.h"
#include "core/event.h"
#include "core/remote.h"
#include "core/scratch.h"
#include "core/span_common.h"
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

/* Tells of a span that now lies on top of its scope, and leaves the section. Returns its token. */
static uint64_t deliver(ctrace_span *span, uint64_t token) {
    cti_thread *self = &cti_self;
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
        const uint64_t token = push_any(self, tree, site, values);
        if (token != 0) {
            cti_route_forget(&self->route);
            return deliver(self->scope->current, token);
        }
        cti_lost_span(&site->description);
    }
    cti_section_end(self, section);
    return 0;
}

/* ---- The common span ---- */

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

/* False for what needs more than that. */
static CTI_ALWAYS_INLINE bool put_usual(cti_common_copy *copy, const ctrace_value *value) {
    const uint32_t kind = value->kind;
    if (kind == CTRACE_VALUE_STRING && value->as.string != NULL) {
        const size_t size = cti_common_has_room(copy) ? copy_short(copy->at, value) : SIZE_MAX;
        if (CTRACE_I_UNLIKELY(size > CTI_SHORT_STRING)) {
            return false;
        }
        cti_common_put_text(copy, size);
        return true;
    }
    if (CTRACE_I_UNLIKELY(kind == CTRACE_VALUE_BYTES || kind == CTRACE_VALUE_LAZY)) {
        return false;
    }
    /* in the pieces in which the macro stored it just now: a load of the whole would have to wait
     * until both stores have left the processor */
    cti_common_put(copy, kind, value->as.u64);
    return true;
}

static bool put_long(cti_common_copy *copy, const ctrace_value *text) {
    if (text->kind != CTRACE_VALUE_STRING) {
        return false;
    }
    const size_t size =
        text->size == CTRACE_I_UNMEASURED ? strlen(text->as.string) : (size_t)text->size;
    if (size >= (size_t)(copy->limit - copy->at)) {
        return false;
    }
    memcpy(copy->at, text->as.string, size);
    copy->at[size] = '\0';
    cti_common_put_text(copy, size);
    return true;
}

bool cti_common_put_any(cti_common_copy *copy, const ctrace_value *value) {
    return put_usual(copy, value) || put_long(copy, value);
}

CTRACE_I_COLD
uint64_t cti_common_give_up(ctrace_span *span, const ctrace_value *values) {
    const ctrace_callsite *site = &span->site->description;
    cti_block_give(&cti_self, span, 0);
    cti_section_leave(&cti_self);
    return open_uncommonly(site, values);
}

static inline uint64_t push_and_deliver(cti_scope *scope, ctrace_span *span) {
    return deliver(span, cti_common_push(scope, span));
}

/* The rest of the values, from one on that is not of the usual ones. */
CTRACE_I_NOINLINE
static uint64_t put_rest(ctrace_span *span, const ctrace_value *values, size_t left, char *at) {
    const size_t done = span->fields.count - left;
    cti_common_copy copy = {&span->values[done], at, cti_common_limit(span)};
    for (size_t i = 0; i < left; i++) {
        if (!cti_common_put_any(&copy, &values[i])) {
            return cti_common_give_up(span, values - done);
        }
    }
    return push_and_deliver(cti_self.scope, span);
}

/* ---- Opening ---- */

/* Where a span of another size, or other memory, is needed. */
CTRACE_I_COLD
static uint64_t open_again(const cti_site *site, const ctrace_value *values) {
    cti_section_leave(&cti_self);
    return open_uncommonly(&site->description, values);
}

uint64_t cti_span_open_by_ops(cti_site *site, const ctrace_value *values) {
    cti_thread *self = &cti_self;
    cti_scope *scope = self->scope;
    cti_tree *tree = self->route.tree;
    ctrace_span *span = self->route.lease == NULL ? NULL : cti_common_take(self, scope, site, tree);
    if (CTRACE_I_UNLIKELY(span == NULL)) {
        return open_again(site, values);
    }
    cti_span_begin(span, tree, site, cti_span_or_origin(scope->current), self->route.lease, 0);
    cti_span_begin_data(span, tree);
    cti_common_copy copy = cti_common_begin_copy(span, tree->room);
    for (size_t left = span->fields.count; left != 0;
         left--, values++) { /* without any it is NULL */
        if (CTRACE_I_UNLIKELY(!put_usual(&copy, values))) {
            return put_rest(span, values, left, copy.at);
        }
    }
    return push_and_deliver(scope, span);
}

/* Where the route has to be found. */
CTRACE_I_COLD
static uint64_t open_anew(cti_site *site, const ctrace_value *values) {
    cti_route *route = &cti_self.route;
    cti_route_find(&cti_self);
    if (route->epoch == 0) {
        return open_again(site, values);
    }
    if (!cti_tree_takes(route->tree, site)) {
        cti_section_leave(&cti_self);
        return 0;
    }
    return route->take.open(site, values);
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
    if (CTRACE_I_UNLIKELY(!cti_tree_takes(self->route.tree, site))) {
        cti_section_end(self, section);
        return 0;
    }
    return self->route.take.open(site, values);
}

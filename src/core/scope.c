#include "core/scope.h"

#include <string.h>

#include "base/atomic.h"
#include "base/memory.h"
#include "core/place.h"
#include "core/registry.h"
#include "core/remote.h"
#include "core/scratch.h"
#include "core/span.h"
#include "core/stats.h"
#include "core/thread.h"

/* ---- Scopes ---- */

/* Below the first entry lies one that no token matches, so that the top can always be looked at. */
static cti_entry bottom = {.kind = CTI_ENTRY_BOTTOM};

cti_scope cti_no_scope = {.top = &bottom, .last = &bottom};

void cti_scope_make_empty(cti_scope *scope) {
    memset(scope, 0, sizeof *scope);
    scope->top = &bottom;
    scope->last = &bottom;
}

enum { FIRST_CAPACITY = 16, NUMBER_SHIFT = 40 };

static cti_scope *scopes;
static uint64_t last_number;

void cti_scope_begin(cti_scope *scope) {
    cti_scope_make_empty(scope);
    const bool taken = cti_roster_take();
    last_number += 1;
    scope->next_token = last_number << NUMBER_SHIFT;
    scope->next = scopes;
    scope->link = &scopes;
    if (scopes != NULL) {
        scopes->link = &scope->next;
    }
    scopes = scope;
    if (taken) {
        cti_roster_give();
    }
}

static void forget_scope(cti_scope *scope) {
    const bool taken = cti_roster_take();
    *scope->link = scope->next;
    if (scope->next != NULL) {
        scope->next->link = scope->link;
    }
    if (taken) {
        cti_roster_give();
    }
}

bool cti_scope_is_known(const cti_scope *scope) {
    const bool taken = cti_roster_take();
    const cti_scope *at = scopes;
    while (at != NULL && at != scope) {
        at = at->next;
    }
    if (taken) {
        cti_roster_give();
    }
    return at != NULL;
}

static cti_entry *first_entry(const cti_scope *scope) {
    return scope->entries == NULL ? NULL : scope->entries + 1;
}

static bool empty(const cti_scope *scope) {
    return scope->top->kind == CTI_ENTRY_BOTTOM;
}

/* Baggage need not be taken off by who set it. */
static void count_repair(const cti_entry *left_open) {
    if (left_open->kind != CTI_ENTRY_BAGGAGE) {
        cti_count(CTI_SPANS_REPAIRED, 1);
    }
}

void cti_scope_clear(cti_scope *scope) {
    if (!empty(scope)) {
        count_repair(first_entry(scope));
        cti_scope_pop_to(scope, first_entry(scope));
    }
}

void cti_scope_end(cti_scope *scope) {
    cti_scope_serve_requests(scope);
    cti_scope_clear(scope);
    forget_scope(scope);
    cti_scope_serve_requests(scope); /* nobody can push any more: gives back the last ones */
    cti_leases_release(scope);
    cti_free(scope->entries);
    cti_scope_make_empty(scope);
}

/* ---- Entries ---- */

bool cti_scope_grow(cti_scope *scope) {
    const bool first = scope->entries == NULL;
    const size_t capacity = first ? FIRST_CAPACITY : 2 * (size_t)(scope->last + 1 - scope->entries);
    const size_t used = first ? 0 : (size_t)(scope->top - scope->entries);
    cti_entry *entries = cti_resize(scope->entries, capacity * sizeof *entries);
    if (entries == NULL) {
        return false;
    }
    if (first) {
        entries[0] = bottom;
    }
    scope->entries = entries;
    scope->last = entries + capacity - 1;
    scope->top = &entries[used];
    return true;
}

bool cti_scope_prepare(cti_scope *scope) {
    return scope->entries != NULL || cti_scope_grow(scope);
}

/* Takes the top entry off and undoes what it stands for. */
static void pop(cti_thread *self, cti_scope *scope) {
    const cti_entry entry = *scope->top;
    scope->top -= 1;
    switch (entry.kind) {
    case CTI_ENTRY_SCOPED:
        scope->current = entry.outer;
        cti_route_forget(&self->route);
        cti_span_end_scope(self, entry.span);
        break;
    case CTI_ENTRY_ENTERED:
        scope->current = entry.outer;
        scope->baggage = entry.outer_baggage;
        cti_route_forget(&self->route);
        cti_span_left(self, entry.span);
        cti_span_release(self, entry.span);
        break;
    case CTI_ENTRY_PLACE:
        cti_place_left(self, scope, &entry);
        break;
    case CTI_ENTRY_BAGGAGE:
        scope->baggage = entry.outer_baggage;
        cti_baggage_unref(entry.baggage);
        break;
    case CTI_ENTRY_BOTTOM:
        break;
    }
}

void cti_scope_pop_to(cti_scope *scope, cti_entry *entry) {
    cti_thread *self = &cti_self;
    const size_t at = (size_t)(entry - scope->entries);
    /* callbacks may move the entries, or pop some themselves */
    while (scope->top >= scope->entries + at) {
        if (scope->top > scope->entries + at) {
            count_repair(scope->top);
        }
        pop(self, scope);
    }
}

static cti_entry *find_token(const cti_scope *scope, uint64_t token) {
    for (cti_entry *entry = scope->top; entry->kind != CTI_ENTRY_BOTTOM; entry--) {
        if (entry->token == token) {
            return entry;
        }
    }
    return NULL;
}

/* ---- Ends ---- */

/* The scope that made the token, if it is still there. With the roster's lock held. */
static cti_scope *find_scope(uint64_t token) {
    for (cti_scope *scope = scopes; scope != NULL; scope = scope->next) {
        if (scope->next_token >> NUMBER_SHIFT == token >> NUMBER_SHIFT) {
            return scope;
        }
    }
    return NULL;
}

static void push_request(cti_scope *scope, cti_request *request) {
    request->next = cti_load_relaxed(&scope->requests);
    while (!cti_compare_exchange(&scope->requests, &request->next, request)) {
    }
}

/* The token was made elsewhere: its scope ends it when it next opens or ends something. */
static void request_end(uint64_t token) {
    cti_request *request = cti_alloc(sizeof *request);
    if (request == NULL) {
        return; /* an outer scope's end closes it */
    }
    request->token = token;
    const bool taken = cti_roster_take();
    cti_scope *scope = find_scope(token);
    if (scope != NULL) {
        push_request(scope, request);
    }
    if (taken) {
        cti_roster_give();
    }
    if (scope == NULL) {
        cti_free(request);
    }
}

void cti_scope_serve_requests(cti_scope *scope) {
    cti_request *request = cti_exchange(&scope->requests, (cti_request *)NULL);
    while (request != NULL) {
        cti_request *next = request->next;
        cti_entry *entry = find_token(scope, request->token);
        if (entry != NULL) {
            cti_scope_pop_to(scope, entry);
        }
        cti_free(request);
        request = next;
    }
}

/* A token that is not on top: something above it was skipped, or it was repaired before, or it is
 * another scope's. */
static void end_out_of_order(cti_scope *scope, uint64_t token) {
    cti_entry *entry = find_token(scope, token);
    if (entry != NULL) {
        cti_scope_pop_to(scope, entry);
    } else if (scope->next_token >> NUMBER_SHIFT != token >> NUMBER_SHIFT) {
        cti_count(CTI_SPANS_REPAIRED, 1);
        request_end(token);
    }
}

void cti_scope_end_any(uint64_t token) {
    cti_thread *self = &cti_self;
    cti_scope *scope = self->scope;
    if (cti_load_relaxed(&scope->requests) != NULL) {
        cti_scope_serve_requests(scope);
    }
    if (CTRACE_I_UNLIKELY(scope->top->token != token)) {
        end_out_of_order(scope, token);
    } else {
        pop(self, scope);
    }
}

ctrace_span *cti_scope_span(const cti_scope *scope, uint64_t token) {
    const cti_entry *entry = find_token(scope, token);
    return entry == NULL ? NULL : entry->span;
}

ctrace_span *ctrace_i_span_of(uint64_t token) {
    ctrace_span *span = cti_scope_span(cti_self.scope, token);
    if (span != NULL) {
        cti_store_relaxed(&span->exposed, true);
    }
    return span;
}

/* ---- Entering spans that somebody else owns ---- */

/* Into another trace than the current one: what came with that comes along. */
static void bring_baggage(cti_scope *scope, cti_entry *entry) {
    const cti_remote *remote = cti_remote_of(entry->span);
    entry->outer_baggage = scope->baggage;
    if (remote != NULL && (entry->outer == NULL || entry->outer->root != entry->span->root)) {
        scope->baggage = remote->baggage;
    }
}

uint64_t ctrace_i_enter(ctrace_span *span) {
    cti_thread *self = &cti_self;
    if (span == NULL || !cti_section_enter(self)) {
        return 0;
    }
    cti_entry *entry = cti_scope_push(self->scope, CTI_ENTRY_ENTERED, span);
    cti_route_forget(&self->route);
    const uint64_t token = entry == NULL ? 0 : entry->token;
    if (entry != NULL) {
        ctrace_span_ref(span);
        bring_baggage(self->scope, entry);
    }
    cti_section_leave(self);
    if (entry != NULL) {
        cti_span_entered(self, span);
    } else {
        cti_lost_span(&span->site->description);
    }
    return token;
}

void ctrace_span_enter(ctrace_span *span) {
    ctrace_i_enter(span);
}

void ctrace_span_exit(ctrace_span *span) {
    cti_scope *scope = cti_self.scope;
    if (span == NULL) {
        return;
    }
    for (cti_entry *entry = scope->top; entry->kind != CTI_ENTRY_BOTTOM; entry--) {
        if (entry->kind == CTI_ENTRY_ENTERED && entry->span == span) {
            cti_scope_pop_to(scope, entry);
            return;
        }
    }
    cti_count(CTI_SPANS_REPAIRED, 1);
}

ctrace_span *ctrace_span_current(void) {
    ctrace_span *current = cti_self.scope->current;
    if (current != NULL) {
        cti_store_relaxed(&current->exposed, true);
    }
    return current;
}

/* ---- Forks ---- */

void cti_scope_after_fork(const cti_scope *mine) {
    for (cti_scope *scope = scopes; scope != NULL;) {
        cti_scope *next = scope->next;
        if (scope != mine && scope->task_id == 0) {
            *scope->link = next;
            if (next != NULL) {
                next->link = scope->link;
            }
            cti_leases_release(scope);
        }
        scope = next;
    }
}

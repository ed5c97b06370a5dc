#include "core/place.h"

#include "core/registry.h"
#include "core/span.h"
#include "ctrace/trace.h"

/* ---- Who listens somewhere ---- */

/* Callsites need telling only when somebody new listens, or somebody does no more. */
static void count_listening(cti_tree *tree, int more) {
    const bool taken = cti_registry_take();
    const bool changed = tree == NULL ? cti_silence(more) : cti_tree_listening(tree, more);
    if (changed) {
        cti_interest_publish();
    }
    if (taken) {
        cti_registry_give();
    }
}

void cti_listening_begin(cti_tree *tree) {
    count_listening(tree, 1);
}

void cti_listening_end(cti_tree *tree) {
    count_listening(tree, -1);
}

/* ---- Places ---- */

cti_place cti_place_here(cti_thread *self) {
    const cti_scope *scope = self->scope;
    const cti_place here = {ctrace_span_ref(scope->current), scope->listener,
                            cti_baggage_ref(scope->baggage), scope->chosen, false};
    if (here.tree != NULL) {
        ctrace_subscriber_ref(here.tree->root);
    }
    return here;
}

void cti_place_release(cti_thread *self, const cti_place *place) {
    if (place->span != NULL) {
        cti_span_release(self, place->span);
    }
    if (place->tree != NULL) {
        ctrace_subscriber_unref(place->tree->root);
    }
    cti_baggage_unref(place->baggage);
}

uint64_t cti_place_enter(cti_thread *self, const cti_place *place, const void *mark) {
    cti_scope *scope = self->scope;
    cti_entry *entry = NULL;
    if (cti_section_enter(self)) {
        scope = self->scope; /* a thread that was new has one now */
        entry = cti_scope_push(scope, CTI_ENTRY_PLACE, place->span);
        cti_section_leave(self);
    }
    if (entry == NULL) {
        cti_place_release(self, place);
        return 0;
    }
    entry->mark = mark;
    entry->listener = scope->listener;
    entry->chosen = scope->chosen;
    entry->baggage = place->baggage;
    entry->outer_baggage = scope->baggage;
    if (!place->same_span) {
        scope->current = place->span;
        scope->baggage = place->baggage;
    }
    scope->listener = place->tree;
    scope->chosen = place->chosen;
    cti_route_forget(&self->route);
    if (place->chosen) {
        cti_listening_begin(place->tree);
    }
    return entry->token;
}

void cti_place_left(cti_thread *self, cti_scope *scope, const cti_entry *entry) {
    const cti_place left = {entry->span, scope->listener, entry->baggage, scope->chosen, false};
    scope->current = entry->outer;
    scope->baggage = entry->outer_baggage;
    scope->listener = entry->listener;
    scope->chosen = entry->chosen;
    cti_route_forget(&self->route);
    if (left.chosen) {
        cti_listening_end(left.tree);
    }
    cti_place_release(self, &left);
}

/* ---- A subscriber for a block ---- */

uint64_t ctrace_i_with(ctrace_subscriber *subscriber) {
    cti_thread *self = &cti_self;
    cti_tree *tree = subscriber == NULL ? NULL : cti_tree_of(subscriber);
    if (subscriber != NULL && tree == NULL) {
        return 0;
    }
    ctrace_subscriber_ref(subscriber);
    const cti_place place = {NULL, tree, NULL, true, true};
    return cti_place_enter(self, &place, NULL);
}

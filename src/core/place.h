/* Standing elsewhere for a while: another subscriber listens (TRACE_WITH_SUBSCRIBER), or what
 * happens belongs where it was handed over (contexts, jobs). */
#ifndef CTI_CORE_PLACE_H
#define CTI_CORE_PLACE_H

#include "core/thread.h"

typedef struct cti_place {
    ctrace_span *span;    /* the innermost span there, a reference; NULL is none */
    cti_tree *tree;       /* who listens there, a reference to its root; NULL is nobody */
    cti_baggage *baggage; /* a reference; NULL is none */
    bool chosen;          /* whether `tree` counts, else the process's */
    bool same_span;       /* the current span and baggage stay; `span` and `baggage` are NULL */
} cti_place;

/* Where this thread stands, with references of its own. */
cti_place cti_place_here(cti_thread *self);

/* Gives the references back. */
void cti_place_release(cti_thread *self, const cti_place *place);

/* Stands there from now on; the entry takes over the place's references, also on failure. Returns
 * the entry's token, or 0 when there is no memory. */
uint64_t cti_place_enter(cti_thread *self, const cti_place *place, const void *mark);

/* The entry was taken off. */
void cti_place_left(cti_thread *self, cti_scope *scope, const cti_entry *entry);

/* One more place in which the tree (NULL: nobody, on purpose) listens; the end of one. */
void cti_listening_begin(cti_tree *tree);
void cti_listening_end(cti_tree *tree);

#endif

/* Where a thread, or a task while it is swapped in, stands: its open spans, and who listens. */
#ifndef CTI_CORE_SCOPE_H
#define CTI_CORE_SCOPE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/baggage.h"
#include "core/tree.h"

typedef enum cti_entry_kind {
    CTI_ENTRY_BOTTOM,  /* below the first: never matched, never popped */
    CTI_ENTRY_SCOPED,  /* a span that this scope opened and closes */
    CTI_ENTRY_ENTERED, /* a span that somebody else owns; the entry holds a reference */
    CTI_ENTRY_PLACE,   /* another place to stand: see core/place.h */
    CTI_ENTRY_BAGGAGE  /* other baggage; ends with what is below it */
} cti_entry_kind;

typedef struct cti_entry {
    uint64_t token;             /* scope number and count: never used twice */
    ctrace_span *span;          /* of a span's entry */
    ctrace_span *outer;         /* the innermost span before this entry */
    cti_tree *listener;         /* of a place: who listened before */
    const void *mark;           /* of a place: to find it by */
    cti_baggage *baggage;       /* of a place, of baggage: a reference */
    cti_baggage *outer_baggage; /* before this entry; of all but SCOPED, which changes nothing */
    cti_entry_kind kind;
    bool chosen; /* of a place: whether `listener` was by choice */
} cti_entry;

/* Somebody on another thread ended a token of this scope. */
typedef struct cti_request cti_request;
struct cti_request {
    uint64_t token;
    cti_request *next;
};

typedef struct cti_scope cti_scope;
struct cti_scope {
    cti_entry *top;       /* the last entry */
    ctrace_span *current; /* the innermost open span, or NULL */
    cti_tree *listener;   /* who listens here, if chosen; NULL then is nobody */
    cti_baggage *baggage; /* borrowed; NULL is none */
    bool chosen;          /* whether `listener` counts, else the process's */
    uint64_t next_token;
    cti_entry *entries;    /* NULL before the first; entries[0] is a bottom */
    cti_entry *last;       /* that there is room for */
    cti_request *requests; /* pushed by other threads */
    cti_lease *lease;      /* the one used last; more are linked behind it */
    uint64_t task_id;      /* 0 for a thread's own */
    cti_scope *next;       /* roster */
    cti_scope **link;
};

/* What a thread that the library does not know yet stands in. */
extern cti_scope cti_no_scope;

/* Makes a scope empty, without making it known: for one that no token leads to. */
void cti_scope_make_empty(cti_scope *scope);

/* Makes a scope ready and known. Threads: the one that will use it; the roster's lock not held.
 */
void cti_scope_begin(cti_scope *scope);

/* Whether this is a scope that was made ready and has not ended, looked up by its address. */
bool cti_scope_is_known(const cti_scope *scope);

/* Allocates what its first entries need. False when there is no memory. */
bool cti_scope_prepare(cti_scope *scope);

/* Closes what is open, as repairs. */
void cti_scope_clear(cti_scope *scope);

/* Closes what is open, as repairs, gives back its memory, and forgets it. */
void cti_scope_end(cti_scope *scope);

/* Makes room for one more entry. False when there is no memory. */
bool cti_scope_grow(cti_scope *scope);

static inline bool cti_scope_is_full(const cti_scope *scope) {
    return scope->top == scope->last;
}

/* Pushes an entry where there is room, and returns it. */
static inline cti_entry *cti_scope_put(cti_scope *scope, cti_entry_kind kind, ctrace_span *span) {
    cti_entry *entry = scope->top + 1;
    scope->next_token += 1;
    entry->token = scope->next_token;
    entry->kind = kind;
    entry->span = span;
    entry->outer = scope->current;
    if (span != NULL) {
        scope->current = span;
    }
    scope->top = entry;
    return entry;
}

/* The same; NULL when there is no memory for more room. */
static inline cti_entry *cti_scope_push(cti_scope *scope, cti_entry_kind kind, ctrace_span *span) {
    if (CTRACE_I_UNLIKELY(cti_scope_is_full(scope)) && !cti_scope_grow(scope)) {
        return NULL;
    }
    return cti_scope_put(scope, kind, span);
}

/* The span that the token opened here, or NULL. */
ctrace_span *cti_scope_span(const cti_scope *scope, uint64_t token);

/* Ends what the token stands for, whatever it is: see ctrace_i_scope_end(). */
void cti_scope_end_any(uint64_t token);

/* Ends everything above `entry`, spans and places as repairs, then the entry itself. */
void cti_scope_pop_to(cti_scope *scope, cti_entry *entry);

/* Ends what other threads asked for. */
void cti_scope_serve_requests(cti_scope *scope);

/* In a forked child: the scopes of threads that are not here are forgotten, all but `mine`. */
void cti_scope_after_fork(const cti_scope *mine);

#endif

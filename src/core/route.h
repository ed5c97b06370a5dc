/* The way that a thread's spans and events take from the macros to who listens: found once, and
 * kept for as long as neither the listener changes nor the place where the thread stands. So what
 * has to be looked at each time is one number. */
#ifndef CTI_CORE_ROUTE_H
#define CTI_CORE_ROUTE_H

#include "base/atomic.h"
#include "core/tree.h"

/* What takes spans and events. Called last, inside a section, which these leave; for the tree of
 * this thread's route. */
typedef struct cti_ways {
    /* An event of a message known beforehand with all of the callsite's values. */
    void (*event)(cti_site *, const ctrace_value *values);
    /* A span with such values, to be opened in the thread's scope, and to be told as new and as
     * entered. Returns its token; 0 when there is no memory. A subscriber's own finds a lease in
     * the route. */
    uint64_t (*open)(cti_site *, const ctrace_value *values);
    /* One that its scope has ended, and that nobody else holds open: to be told as left and as
     * closed, and to be finished by cti_span_finish(). */
    void (*end)(ctrace_span *);
} cti_ways;

typedef struct cti_route {
    uint64_t epoch;   /* in which it was found; 0: it has to be found anew */
    cti_tree *tree;   /* who listens, or NULL */
    cti_lease *lease; /* the scope's on that tree; NULL when there is none yet */
    cti_ways take;
    /* Where the ways are a subscriber's own: */
    void *local;        /* what they need here */
    size_t data_offset; /* of that subscriber's data in a span's */
    uint64_t seen;      /* by which nodes spans are seen that they open: bit i for node i */
} cti_route;

/* Counts how often the process's listener has changed, or what passes on to others; never 0. */
extern uint64_t cti_epoch;

/* To be called when a subscriber passes on to others by itself that did not, or the reverse: all
 * threads find their routes anew. Threads: any. */
void cti_routes_changed(void);

/* The ways by the ops of the tree's root. */
extern const cti_ways cti_ways_by_ops;

/* What changed before counts from now on. With the registry's lock held. */
void cti_epoch_begin(void);

struct cti_thread;

/* Finds this thread's route. Where there are reasons not to keep it, it holds for this section, by
 * its `epoch` it has to be found again. Inside a section, not in a handler that interrupted one. */
void cti_route_find(struct cti_thread *self);

/* To be called after each change of where the thread stands that the route's ways did not make
 * themselves, and before anything is given back that was there: a signal handler that comes between
 * still goes the old way. */
static inline void cti_route_forget(cti_route *route) {
    cti_compiler_barrier();
    cti_store_relaxed(&route->epoch, (uint64_t)0);
    cti_compiler_barrier();
}

/* Whether it need not be found anew. Inside a section: then its tree stays until that is left. */
static inline bool cti_route_holds(const cti_route *route) {
    /* acquire: pairs with the release in cti_epoch_begin() */
    return CTRACE_I_LIKELY(route->epoch == cti_load_acquire(&cti_epoch));
}

#endif

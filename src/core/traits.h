/* What the library knows of its own subscribers, beyond their ops. */
#ifndef CTI_CORE_TRAITS_H
#define CTI_CORE_TRAITS_H

#include "core/thread.h"

typedef struct cti_traits {
    /* Its on_event may interrupt any callback of the same thread, its own too: it keeps events from
     * signal handlers. */
    bool keeps_nested;
    /* Its on_event only passes on, by ctrace_forward_event(). */
    bool passes_on;
    /* Whom it gives everything unchanged that it wants, with no data of its own in spans but zeros.
     * NULL when it does more now; when that changes, it calls cti_routes_changed(). Inside a
     * section. */
    ctrace_subscriber *(*stands_before)(ctrace_subscriber *);
    /* Allocates what it needs for this thread; NULL where it needs nothing. False when there is no
     * memory. Inside a section. */
    bool (*prepare)(ctrace_subscriber *, cti_thread *self);
    /* The ways of one at the end of a route that does in one step what its ops, and those of who
     * stands before it, would do; NULL where it has none. They depend on where the thread stands,
     * and on what was told of that: whoever changes that calls cti_route_forget(). NULL also where
     * something is unusual now. Sets what they need here. Inside a section. */
    const cti_ways *(*ways)(ctrace_subscriber *, cti_thread *self, void **ret_local);
} cti_traits;

/* After ctrace_subscriber_init(). `traits` is kept by pointer. */
static inline void cti_traits_set(ctrace_subscriber *subscriber, const cti_traits *traits) {
    subscriber->reserved[CTI_RESERVED_TRAITS] = (uintptr_t)traits;
}

/* NULL for a subscriber of the program's. */
static inline const cti_traits *cti_traits_of(const ctrace_subscriber *subscriber) {
    return (const cti_traits *)subscriber->reserved[CTI_RESERVED_TRAITS];
}

/* Has everybody in the tree allocate what this thread needs. */
bool cti_traits_prepare(const cti_tree *tree, cti_thread *self);

#endif

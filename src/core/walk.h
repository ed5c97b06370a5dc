/* The spans that are entered where a thread stands, innermost first. Filters ask for them at every
 * event that a dynamic directive may let through, so this is inline. */
#ifndef CTI_CORE_WALK_H
#define CTI_CORE_WALK_H

#include "core/remote.h"
#include "core/scope.h"
#include "core/thread.h"

typedef struct cti_walk {
    const cti_entry *at;
} cti_walk;

static inline cti_walk cti_walk_begin(const cti_thread *self) {
    return (cti_walk){self->scope->top};
}

/* The next one outwards, or NULL; remote ones are passed over, since nobody was given them. */
static inline ctrace_span *cti_walk_next(cti_walk *walk) {
    for (; walk->at->kind != CTI_ENTRY_BOTTOM; walk->at--) {
        const bool entered =
            walk->at->kind == CTI_ENTRY_SCOPED || walk->at->kind == CTI_ENTRY_ENTERED;
        if (entered && !cti_span_is_remote(walk->at->span)) {
            return (walk->at--)->span;
        }
    }
    return NULL;
}

#endif

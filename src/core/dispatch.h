/* Who listens: the process's subscriber, and those that threads chose for a block. */
#ifndef CTI_CORE_DISPATCH_H
#define CTI_CORE_DISPATCH_H

#include "core/thread.h"

/* The process's, where nobody chose another. */
extern cti_tree *cti_global;

/* Who listens where this thread stands, or NULL. Inside a section. */
static inline cti_tree *cti_listener(const cti_thread *self) {
    const cti_scope *scope = self->scope;
    /* acquire: pairs with the release in exchange_global() */
    return CTRACE_I_UNLIKELY(scope->chosen) ? scope->listener : cti_load_acquire(&cti_global);
}

/* A reference to the process's subscriber, or NULL. */
ctrace_subscriber *cti_global_ref(void);

#endif

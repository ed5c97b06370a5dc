/* The one lock over what the whole process shares: callsites, subscribers' trees, threads, scopes.
 * It is never taken on the way of an event or span whose callsite is known. */
#ifndef CTI_CORE_REGISTRY_H
#define CTI_CORE_REGISTRY_H

#include <stdbool.h>

/* Takes the lock; false when this thread holds it already (a subscriber called back from
 * on_callsite). */
bool cti_registry_take(void);
void cti_registry_give(void);

/* In a forked child, where the lock is free again: nobody holds it. */
void cti_registry_after_fork(void);

#endif

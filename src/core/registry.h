/* The locks over what the whole process shares. The registry's is over callsites and subscribers'
 * trees; it is never taken on the way of an event or span whose callsite is known. The roster's is
 * over the lists of what comes and goes with threads: themselves, their scopes, what subscribers
 * keep for them. A thread's first event takes it, and that may come from a signal handler.
 *
 * The roster's may be taken while the registry's is held, not the other way round. */
#ifndef CTI_CORE_REGISTRY_H
#define CTI_CORE_REGISTRY_H

#include <stdbool.h>

/* Takes the lock; false when this thread holds it already (a subscriber called back from
 * on_callsite). */
bool cti_registry_take(void);
void cti_registry_give(void);

/* Takes the roster's lock; false in a signal handler that interrupted this very thread while it
 * held that. Whoever holds it must not allocate, nor wait for anything: a handler may have
 * interrupted malloc(), and waits for the lock. */
bool cti_roster_take(void);
void cti_roster_give(void);

/* In a forked child, where the locks are free again: nobody holds them. */
void cti_registry_after_fork(void);

#endif

/* Condition variables that wait by the monotonic clock, with the lock that survives fork(). */
#ifndef CTI_BASE_CONDITION_H
#define CTI_BASE_CONDITION_H

#include <pthread.h>
#include <stdint.h>

#include "base/lock.h"

#define CTI_CONDITION_FOREVER UINT64_MAX

/* A forked child initialises its copy again: what the parent's threads wait for does not count. */
void cti_condition_init(pthread_cond_t *condition);

/* Waits, at most until `due_ns` of the monotonic clock, with the lock given meanwhile. May return
 * early. */
void cti_condition_wait_until(pthread_cond_t *condition, cti_lock *lock, uint64_t due_ns);

#endif

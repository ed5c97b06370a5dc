/* A mutex that survives fork(): one that another thread held when the process forked is free in the
 * child, where that thread does not exist. What it protects may be half changed then; who cares
 * asks cti_fork_generation().
 *
 * Not recursive. A zeroed lock is a ready one. Threads: any, but not in signal handlers. */
#ifndef CTI_BASE_LOCK_H
#define CTI_BASE_LOCK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct cti_lock {
    pthread_mutex_t mutex;
    uint32_t generation; /* of the process for which the mutex was initialised; 0 for none yet */
} cti_lock;

#define CTI_LOCK_INIT \
    { PTHREAD_MUTEX_INITIALIZER, 0 }

void cti_lock_init(cti_lock *lock);
void cti_lock_destroy(cti_lock *lock); /* nobody may hold it */

void cti_lock_take(cti_lock *lock);
bool cti_lock_try(cti_lock *lock); /* false, without waiting, when somebody holds it */
void cti_lock_give(cti_lock *lock);

/* How many forks lie between this process and the first one that asked, plus one: what remembers
 * another number is the memory of a parent's thread. */
uint32_t cti_fork_generation(void);

#endif

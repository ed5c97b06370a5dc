/* Waking one thread that sleeps, from any thread, also in signal handlers: at the cost of a system
 * call only where somebody sleeps. */
#ifndef CTI_BASE_WAKEUP_H
#define CTI_BASE_WAKEUP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/atomic.h"

#if defined(__linux__)
typedef struct cti_wakeup {
    uint32_t sleeping; /* the word that is waited on */
} cti_wakeup;
#elif defined(__APPLE__)
#include <dispatch/dispatch.h>
typedef struct cti_wakeup {
    uint32_t sleeping;
    dispatch_semaphore_t semaphore;
} cti_wakeup;
#else
#include <semaphore.h>
typedef struct cti_wakeup {
    uint32_t sleeping;
    sem_t semaphore;
} cti_wakeup;
#endif

#define CTI_WAKEUP_FOREVER UINT64_MAX

bool cti_wakeup_init(cti_wakeup *wakeup);
void cti_wakeup_destroy(cti_wakeup *wakeup);

/* Announces that the caller is about to sleep. What others published before they could see this is
 * visible to the caller afterwards, so: announce, look once more for work, then sleep. */
void cti_wakeup_announce(cti_wakeup *wakeup);

/* Sleeps until woken since the announcement, or that long; then it is over. May return early. */
void cti_wakeup_sleep(cti_wakeup *wakeup, uint64_t timeout_ns);

/* There is work after all. */
static inline void cti_wakeup_cancel(cti_wakeup *wakeup) {
    cti_store_relaxed(&wakeup->sleeping, 0u);
}

/* Wakes who sleeps. */
void cti_wakeup_now(cti_wakeup *wakeup);

/* Whether somebody sleeps: after publishing work, and a fence where cti_light_fence_is_heavy(). */
static inline bool cti_wakeup_needed(const cti_wakeup *wakeup) {
    return cti_load_relaxed(&wakeup->sleeping) != 0;
}

#endif

/* Waking one thread that sleeps, from any thread, also in signal handlers: at the cost of a system
 * call only where somebody sleeps. It sleeps lightly or deeply: who has work that can wait wakes
 * only a deep sleeper; a light one looks by itself before long. */
#ifndef CTI_BASE_WAKEUP_H
#define CTI_BASE_WAKEUP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/atomic.h"

#if defined(__linux__)
typedef struct cti_wakeup {
    uint32_t sleeping; /* a cti_sleep, or 0; the word that is waited on */
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

typedef enum cti_sleep { CTI_AWAKE, CTI_SLEEP_LIGHT, CTI_SLEEP_DEEP } cti_sleep;

bool cti_wakeup_init(cti_wakeup *wakeup);
void cti_wakeup_destroy(cti_wakeup *wakeup);

/* Announces that the caller is about to sleep. What others published before they could see this is
 * visible to the caller afterwards, so: announce, look once more for work, then sleep. */
void cti_wakeup_announce(cti_wakeup *wakeup, cti_sleep how);

/* Sleeps as announced until woken since then, or that long; then it is over. May return early. */
void cti_wakeup_sleep(cti_wakeup *wakeup, cti_sleep how, uint64_t timeout_ns);

/* There is work after all. */
static inline void cti_wakeup_cancel(cti_wakeup *wakeup) {
    cti_store_relaxed(&wakeup->sleeping, (uint32_t)CTI_AWAKE);
}

/* Wakes who sleeps, lightly or deeply. */
void cti_wakeup_now(cti_wakeup *wakeup);

/* Whether somebody sleeps deeply: after publishing work, and a fence where
 * cti_light_fence_is_heavy(). */
static inline bool cti_wakeup_needed(const cti_wakeup *wakeup) {
    return cti_load_relaxed(&wakeup->sleeping) == CTI_SLEEP_DEEP;
}

#endif

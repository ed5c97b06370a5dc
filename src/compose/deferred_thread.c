/* The thread that reads. After records it sleeps lightly, for as long as a record may take to be
 * delivered; when there were none, deeply, until it is woken. */
#include "base/clock.h"
#include "base/worker.h"
#include "compose/deferred.h"

enum { PATIENCE_NS = 1000000000, PAUSE_NS = 100000 };

static bool is_stopping(const cti_deferred *deferred) {
    return cti_load_acquire(&deferred->stopping);
}

static size_t read_now(cti_deferred *deferred) {
    cti_lock_take(&deferred->reading);
    const size_t count = cti_deferred_read(deferred, cti_ticks_now());
    cti_lock_give(&deferred->reading);
    /* who wants to read would wait long, since nobody is woken when a lock becomes free */
    while (cti_load_relaxed(&deferred->waiting) != 0 && !is_stopping(deferred)) {
        cti_sleep_ns(PAUSE_NS);
    }
    return count;
}

static void sleep_lightly(cti_deferred *deferred) {
    cti_wakeup_announce(&deferred->wakeup, CTI_SLEEP_LIGHT);
    if (is_stopping(deferred)) {
        cti_wakeup_cancel(&deferred->wakeup);
    } else {
        cti_wakeup_sleep(&deferred->wakeup, CTI_SLEEP_LIGHT, deferred->options.latency_ns);
    }
}

static void sleep_deeply(cti_deferred *deferred) {
    cti_wakeup_announce(&deferred->wakeup, CTI_SLEEP_DEEP);
    if (is_stopping(deferred) || read_now(deferred) != 0) {
        cti_wakeup_cancel(&deferred->wakeup);
    } else {
        cti_wakeup_sleep(&deferred->wakeup, CTI_SLEEP_DEEP, CTI_WAKEUP_FOREVER);
    }
}

static void *run(void *argument) {
    cti_deferred *deferred = argument;
    cti_worker_name(deferred->thread_name);
    if (deferred->options.cpu != 0) {
        cti_worker_keep_to(deferred->options.cpu - 1);
    }
    while (!is_stopping(deferred)) {
        if (read_now(deferred) != 0) {
            sleep_lightly(deferred);
        } else {
            sleep_deeply(deferred);
        }
    }
    if (cti_exchange(&deferred->left, true)) {
        cti_deferred_free(deferred); /* who stopped this thread has lost patience with it */
    }
    return NULL;
}

void cti_deferred_start(cti_deferred *deferred) {
    if (!deferred->running && !deferred->options.manual) {
        deferred->running = cti_worker_start(&deferred->thread, run, deferred);
    }
}

bool cti_deferred_stop(cti_deferred *deferred) {
    if (!deferred->running || deferred->generation != cti_fork_generation()) {
        return true;
    }
    const pthread_t thread = deferred->thread;
    cti_store_release(&deferred->stopping, true);
    cti_wakeup_now(&deferred->wakeup);
    const uint64_t begun = cti_clock_monotonic_ns();
    while (!cti_load_acquire(&deferred->left)) {
        if (cti_clock_monotonic_ns() - begun > PATIENCE_NS) {
            pthread_detach(thread);
            return cti_exchange(&deferred->left, true);
        }
        cti_sleep_ns(PAUSE_NS);
    }
    pthread_join(thread, NULL);
    return true;
}

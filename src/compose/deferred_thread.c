/* The thread that reads. After records it sleeps lightly, for as long as a record may take to be
 * delivered; when there were none, deeply, until it is woken. */
#include "base/clock.h"
#include "base/worker.h"
#include "compose/deferred.h"
#include "core/shutdown.h"
#include "core/status.h"

enum { PAUSE_NS = 100000, RETRY_NS = 1000000 };

static bool is_stopping(const cti_deferred *deferred) {
    return cti_load_acquire(&deferred->stopping);
}

/* Whether somebody flushes. */
static bool is_asked(const cti_deferred *deferred) {
    return cti_load_acquire(&deferred->asked) != cti_load_relaxed(&deferred->answered);
}

static size_t read_now(cti_deferred *deferred) {
    size_t count;
    cti_lock_take(&deferred->reading);
    /* acquire, and only then the clock: what was emitted before the question is read now */
    const uint32_t asked = cti_load_acquire(&deferred->asked);
    const bool all = cti_deferred_read(deferred, cti_ticks_now(), UINT64_MAX, &count);
    cti_lock_give(&deferred->reading);
    if (!all) { /* no memory: as if there had been something, so that it is tried again */
        cti_sleep_ns(RETRY_NS);
        return 1;
    }
    cti_deferred_answer(deferred, asked);
    return count;
}

static void read_rest(cti_deferred *deferred) {
    size_t count;
    cti_lock_take(&deferred->reading);
    cti_deferred_read(deferred, UINT64_MAX, UINT64_MAX, &count);
    cti_lock_give(&deferred->reading);
}

static void sleep_lightly(cti_deferred *deferred) {
    cti_wakeup_announce(&deferred->wakeup, CTI_SLEEP_LIGHT);
    if (is_stopping(deferred) || is_asked(deferred)) {
        cti_wakeup_cancel(&deferred->wakeup);
    } else {
        cti_wakeup_sleep(&deferred->wakeup, CTI_SLEEP_LIGHT, deferred->options.latency_ns);
    }
}

/* False when there were records after all, and they were read instead. */
static bool sleep_deeply(cti_deferred *deferred) {
    cti_wakeup_announce(&deferred->wakeup, CTI_SLEEP_DEEP);
    const bool stops = is_stopping(deferred);
    const bool reads = !stops && read_now(deferred) != 0;
    if (stops || reads) {
        cti_wakeup_cancel(&deferred->wakeup);
    } else {
        cti_wakeup_sleep(&deferred->wakeup, CTI_SLEEP_DEEP, CTI_WAKEUP_FOREVER);
    }
    return !reads;
}

/* It could be kept there when the options were checked, but processors can be taken away. */
static void keep_to_processor(unsigned cpu) {
    static bool complained;
    if (cpu != 0 && !cti_worker_keep_to(cpu - 1)) {
        cti_complain_once(&complained,
                          "options.cpu: cannot keep the queue's thread to processor %u", cpu - 1);
    }
}

static void *run(void *argument) {
    cti_deferred *deferred = argument;
    cti_worker_name(deferred->thread_name);
    keep_to_processor(deferred->options.cpu);
    while (!is_stopping(deferred)) {
        if (read_now(deferred) != 0 || !sleep_deeply(deferred)) {
            sleep_lightly(deferred);
        }
    }
    read_rest(deferred); /* here, so that a subscriber that is slow holds up nobody but us */
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

/* False when it is not over in time, as when the subscriber is stuck. */
static bool wait_for_end(const cti_deferred *deferred) {
    const uint64_t begun = cti_clock_monotonic_ns();
    const uint64_t patience = cti_patience_ns();
    while (!cti_load_acquire(&deferred->left)) {
        if (cti_clock_monotonic_ns() - begun > patience) {
            return false;
        }
        cti_sleep_ns(PAUSE_NS);
    }
    return true;
}

bool cti_deferred_stop(cti_deferred *deferred) {
    if (!deferred->running || deferred->generation != cti_fork_generation()) {
        return true;
    }
    const pthread_t thread = deferred->thread;
    cti_store_release(&deferred->stopping, true);
    cti_wakeup_now(&deferred->wakeup);
    if (pthread_equal(thread, pthread_self()) || !wait_for_end(deferred)) {
        pthread_detach(thread);
        return cti_exchange(&deferred->left, true);
    }
    pthread_join(thread, NULL);
    return true;
}

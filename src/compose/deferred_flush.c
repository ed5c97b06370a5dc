/* Bringing out what is in the queue, in a given time, whatever the subscriber behind it does.
 *
 * Where there is a thread it does the reading and who flushes waits for it: so only the thread can
 * be held up by the subscriber. Elsewhere who flushes reads, and looks at the clock between
 * records. */
#include "base/clock.h"
#include "base/condition.h"
#include "compose/deferred.h"
#include "core/status.h"
#include "write/uncancelled.h"

enum { FIRST_PAUSE_NS = 20000, LONGEST_PAUSE_NS = 1000000 };

/* ---- Where there is a thread ---- */

/* With the lock held. A forked child makes its copy of the condition anew. */
static void use_condition(cti_deferred *deferred) {
    if (deferred->condition_generation != cti_fork_generation()) {
        deferred->condition_generation = cti_fork_generation();
        cti_condition_init(&deferred->caught_up);
    }
}

static bool is_answered(const cti_deferred *deferred, uint32_t asked) {
    return (int32_t)(deferred->answered - asked) >= 0;
}

void cti_deferred_answer(cti_deferred *deferred, uint32_t asked) {
    if (cti_load_relaxed(&deferred->answered) == asked) {
        return;
    }
    cti_lock_take(&deferred->lock);
    use_condition(deferred);
    cti_store_relaxed(&deferred->answered, asked);
    pthread_cond_broadcast(&deferred->caught_up);
    cti_lock_give(&deferred->lock);
}

static bool ask_thread(cti_deferred *deferred, uint64_t due_ns) {
    const int cancel_state = cti_cancel_off();
    cti_lock_take(&deferred->lock);
    use_condition(deferred);
    const uint32_t asked = deferred->asked + 1;
    /* release: who sees the question sees what was emitted before it */
    cti_store_release(&deferred->asked, asked);
    cti_wakeup_now(&deferred->wakeup);
    while (!is_answered(deferred, asked) && cti_clock_monotonic_ns() < due_ns) {
        cti_condition_wait_until(&deferred->caught_up, &deferred->lock, due_ns);
    }
    const bool answered = is_answered(deferred, asked);
    cti_lock_give(&deferred->lock);
    cti_cancel_restore(cancel_state);
    return answered;
}

/* ---- Where there is none ---- */

/* Becomes the reader. False when the time ran out. */
static bool take_reading(cti_deferred *deferred, uint64_t due_ns) {
    uint64_t pause = FIRST_PAUSE_NS;
    bool taken;
    while (!(taken = cti_lock_try(&deferred->reading)) && cti_clock_monotonic_ns() < due_ns) {
        cti_sleep_ns(pause);
        pause = pause < LONGEST_PAUSE_NS ? pause * 2 : pause;
    }
    return taken;
}

static bool read_here(cti_deferred *deferred, uint64_t due_ns) {
    size_t count;
    if (!take_reading(deferred, due_ns)) {
        return false;
    }
    const bool all = cti_deferred_read(deferred, cti_ticks_now(), due_ns, &count);
    cti_lock_give(&deferred->reading);
    return all;
}

/* ---- Either ---- */

/* Whether nothing waits, so that nobody need be woken; and polling finds out whether it does. */
static bool is_drained(cti_deferred *deferred) {
    if (!cti_lock_try(&deferred->reading)) {
        return false;
    }
    const bool drained = cti_deferred_is_drained(deferred);
    cti_lock_give(&deferred->reading);
    return drained;
}

static bool has_thread(cti_deferred *deferred) {
    cti_lock_take(&deferred->lock);
    if (deferred->reader != NULL && deferred->generation == cti_fork_generation()) {
        cti_deferred_start(deferred); /* if it could not be started when it was wanted first */
    }
    const bool has = deferred->running && deferred->generation == cti_fork_generation();
    cti_lock_give(&deferred->lock);
    return has;
}

static uint64_t time_left(uint64_t due_ns) {
    const uint64_t now = cti_clock_monotonic_ns();
    return due_ns == UINT64_MAX ? CTRACE_FOREVER : due_ns > now ? due_ns - now : 0;
}

ctrace_status cti_deferred_flush(ctrace_subscriber *subscriber, uint64_t timeout_ns) {
    cti_deferred *deferred = cti_deferred_of(subscriber);
    const uint64_t now = cti_clock_monotonic_ns();
    const uint64_t due_ns = timeout_ns < UINT64_MAX - now ? now + timeout_ns : UINT64_MAX;
    if (cti_section_inside(&cti_self)) {
        return cti_fail(CTRACE_EINVAL, "flushing from inside a callback");
    }
    const bool threaded = has_thread(deferred);
    if (!is_drained(deferred) &&
        !(threaded ? ask_thread(deferred, due_ns) : read_here(deferred, due_ns))) {
        return cti_fail(CTRACE_ETIMEDOUT, "the subscriber behind the queue is busy");
    }
    return ctrace_forward_flush(deferred->inner, time_left(due_ns));
}

#include "base/condition.h"

#include <time.h>

#include "base/clock.h"

void cti_condition_init(pthread_cond_t *condition) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
#if !defined(__APPLE__)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
#endif
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

static struct timespec as_time(uint64_t ns) {
    return (struct timespec){(time_t)(ns / 1000000000u), (long)(ns % 1000000000u)};
}

#if defined(__APPLE__)

static void wait_some(pthread_cond_t *condition, cti_lock *lock, uint64_t due_ns) {
    const uint64_t now = cti_clock_monotonic_ns();
    const struct timespec time = as_time(due_ns > now ? due_ns - now : 0);
    pthread_cond_timedwait_relative_np(condition, &lock->mutex, &time);
}

#else

static void wait_some(pthread_cond_t *condition, cti_lock *lock, uint64_t due_ns) {
    const struct timespec time = as_time(due_ns);
    pthread_cond_timedwait(condition, &lock->mutex, &time);
}

#endif

void cti_condition_wait_until(pthread_cond_t *condition, cti_lock *lock, uint64_t due_ns) {
    if (due_ns == CTI_CONDITION_FOREVER) {
        pthread_cond_wait(condition, &lock->mutex);
    } else {
        wait_some(condition, lock, due_ns);
    }
}

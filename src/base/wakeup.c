#include "base/wakeup.h"

#include <errno.h>
#include <time.h>

#include "base/clock.h"
#include "base/fence.h"

#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>

enum { FUTEX_WAIT_PRIVATE = 128, FUTEX_WAKE_PRIVATE = 129 }; /* <linux/futex.h>, which musl lacks */
#endif

void cti_wakeup_announce(cti_wakeup *wakeup, cti_sleep how) {
    cti_store_relaxed(&wakeup->sleeping, (uint32_t)how);
    /* Who publishes work stores it, then loads `sleeping`; we store that, then look for work. The
     * fence, with the light one on the other side, makes one of the two see the other. Those who
     * wake a light sleeper have a real fence in cti_wakeup_now(), and nobody's processor need be
     * interrupted for it, which takes those who emit a microsecond. */
    if (how == CTI_SLEEP_DEEP) {
        cti_heavy_fence();
    } else {
        cti_fence();
    }
}

#if defined(__linux__)

bool cti_wakeup_init(cti_wakeup *wakeup) {
    wakeup->sleeping = 0;
    return true;
}

void cti_wakeup_destroy(cti_wakeup *wakeup) {
    (void)wakeup;
}

/* The call whose struct timespec is ours: on 32-bit systems there are two. */
static long futex_call(void) {
#if defined(SYS_futex_time64)
    return sizeof(time_t) > sizeof(long) ? SYS_futex_time64 : SYS_futex;
#else
    return SYS_futex;
#endif
}

void cti_wakeup_sleep(cti_wakeup *wakeup, cti_sleep how, uint64_t timeout_ns) {
    const struct timespec time = {(time_t)(timeout_ns / 1000000000u),
                                  (long)(timeout_ns % 1000000000u)};
    const struct timespec *timeout = timeout_ns == CTI_WAKEUP_FOREVER ? NULL : &time;
    /* returns at once where it was woken before: the word is 0 then */
    syscall(futex_call(), &wakeup->sleeping, FUTEX_WAIT_PRIVATE, how, timeout, NULL, 0);
    cti_wakeup_cancel(wakeup);
}

void cti_wakeup_now(cti_wakeup *wakeup) {
    const int error = errno;
    if (cti_exchange(&wakeup->sleeping, (uint32_t)CTI_AWAKE) != CTI_AWAKE) {
        syscall(futex_call(), &wakeup->sleeping, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    }
    errno = error;
}

#elif defined(__APPLE__)

bool cti_wakeup_init(cti_wakeup *wakeup) {
    wakeup->sleeping = 0;
    wakeup->semaphore = dispatch_semaphore_create(0);
    return wakeup->semaphore != NULL;
}

void cti_wakeup_destroy(cti_wakeup *wakeup) {
    dispatch_release(wakeup->semaphore);
}

void cti_wakeup_sleep(cti_wakeup *wakeup, cti_sleep how, uint64_t timeout_ns) {
    (void)how;
    const bool ever = timeout_ns >= INT64_MAX;
    dispatch_semaphore_wait(wakeup->semaphore,
                            ever ? DISPATCH_TIME_FOREVER
                                 : dispatch_time(DISPATCH_TIME_NOW, (int64_t)timeout_ns));
    cti_wakeup_cancel(wakeup);
}

void cti_wakeup_now(cti_wakeup *wakeup) {
    if (cti_exchange(&wakeup->sleeping, (uint32_t)CTI_AWAKE) != CTI_AWAKE) {
        dispatch_semaphore_signal(wakeup->semaphore);
    }
}

#else

bool cti_wakeup_init(cti_wakeup *wakeup) {
    wakeup->sleeping = 0;
    return sem_init(&wakeup->semaphore, 0, 0) == 0;
}

void cti_wakeup_destroy(cti_wakeup *wakeup) {
    sem_destroy(&wakeup->semaphore);
}

void cti_wakeup_sleep(cti_wakeup *wakeup, cti_sleep how, uint64_t timeout_ns) {
    (void)how;
    if (timeout_ns == CTI_WAKEUP_FOREVER) {
        sem_wait(&wakeup->semaphore);
    } else {
        const uint64_t at = cti_clock_realtime_ns() + timeout_ns;
        const struct timespec time = {(time_t)(at / 1000000000u), (long)(at % 1000000000u)};
        sem_timedwait(&wakeup->semaphore, &time);
    }
    cti_wakeup_cancel(wakeup);
}

void cti_wakeup_now(cti_wakeup *wakeup) {
    const int error = errno;
    if (cti_exchange(&wakeup->sleeping, (uint32_t)CTI_AWAKE) != CTI_AWAKE) {
        sem_post(&wakeup->semaphore);
    }
    errno = error;
}

#endif

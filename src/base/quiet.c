#include "base/quiet.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>

static bool is_pending(int signal) {
    sigset_t pending;
    return sigpending(&pending) == 0 && sigismember(&pending, signal) == 1;
}

static sigset_t only(int signal) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal);
    return set;
}

void cti_quiet_begin(cti_quiet *quiet, int signal) {
    const sigset_t blocked = only(signal);
    sigset_t before;
    sigemptyset(&before);
    pthread_sigmask(SIG_BLOCK, &blocked, &before);
    quiet->signal = signal;
    quiet->was_blocked = sigismember(&before, signal) == 1;
    /* One that nobody blocks does not stay pending, so there is no need to ask. */
    quiet->was_pending = quiet->was_blocked && is_pending(signal);
}

void cti_quiet_end(const cti_quiet *quiet, bool failed) {
    const int error = errno;
    const sigset_t set = only(quiet->signal);
    if (failed && !quiet->was_pending && is_pending(quiet->signal)) {
        int taken;
        sigwait(&set, &taken); /* it is pending, so this does not wait */
    }
    if (!quiet->was_blocked) {
        pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    }
    errno = error;
}

#include "write/timer.h"

#include <pthread.h>
#include <signal.h>
#include <stddef.h>

#include "base/atomic.h"
#include "base/clock.h"
#include "base/condition.h"

/* The lock is the innermost of all: nothing else is taken under it. The list is changed by single
 * stores, so that a child which was forked in the middle finds it whole. */
static cti_lock lock = CTI_LOCK_INIT;
static pthread_cond_t changed;
static uint32_t owner; /* the fork generation that all this belongs to; 0 at first */
static cti_timer *timers;
static const cti_timer *firing;
static pthread_t thread;
static uintptr_t current; /* number of the thread that runs; 0 for none */
static uintptr_t started;

/* In a forked child the thread is gone, and what the parent's timers waited for is the parent's. */
static void enter(void) {
    cti_lock_take(&lock);
    if (owner == cti_fork_generation()) {
        return;
    }
    owner = cti_fork_generation();
    cti_condition_init(&changed);
    current = 0;
    firing = NULL;
    for (cti_timer *at = timers; at != NULL; at = at->next) {
        at->due_ns = 0;
    }
}

static cti_timer *earliest(void) {
    cti_timer *found = NULL;
    for (cti_timer *at = timers; at != NULL; at = at->next) {
        if (at->due_ns != 0 && (found == NULL || at->due_ns < found->due_ns)) {
            found = at;
        }
    }
    return found;
}

static void fire(cti_timer *timer) {
    timer->due_ns = 0;
    firing = timer;
    cti_lock_give(&lock);
    timer->fire(timer->argument);
    cti_lock_take(&lock);
    firing = NULL;
    pthread_cond_broadcast(&changed);
}

static void *run(void *number) {
    cti_lock_take(&lock);
    while (current == (uintptr_t)number) {
        cti_timer *next = earliest();
        const uint64_t now = cti_clock_monotonic_ns();
        if (next == NULL) {
            pthread_cond_wait(&changed, &lock.mutex);
        } else if (next->due_ns > now) {
            cti_condition_wait_until(&changed, &lock, next->due_ns);
        } else {
            fire(next);
        }
    }
    cti_lock_give(&lock);
    return NULL;
}

/* The host's signals are not for our thread: it starts with all of them blocked. */
static bool start_thread(void) {
    if (current != 0) {
        return true;
    }
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    current = ++started;
    if (pthread_create(&thread, NULL, run, (void *)current) != 0) {
        current = 0;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return current != 0;
}

bool cti_timer_add(cti_timer *timer) {
    enter();
    const bool runs = start_thread();
    if (runs) {
        timer->due_ns = 0;
        timer->next = timers;
        cti_store_release(&timers, timer);
    }
    cti_lock_give(&lock);
    return runs;
}

bool cti_timer_arm(cti_timer *timer, uint64_t due_ns) {
    enter();
    const bool runs = start_thread();
    if (runs) {
        timer->due_ns = due_ns;
        pthread_cond_broadcast(&changed);
    }
    cti_lock_give(&lock);
    return runs;
}

static void take_out(const cti_timer *timer) {
    cti_timer **link = &timers;
    while (*link != NULL && *link != timer) {
        link = &(*link)->next;
    }
    if (*link != NULL) {
        cti_store_release(link, timer->next);
    }
}

void cti_timer_remove(cti_timer *timer) {
    enter();
    take_out(timer);
    while (firing == timer) {
        pthread_cond_wait(&changed, &lock.mutex);
    }
    /* While another one fires, whoever waits for that will stop the thread. */
    const bool stop = timers == NULL && firing == NULL && current != 0;
    const pthread_t last = thread;
    if (stop) {
        current = 0;
        pthread_cond_broadcast(&changed);
    }
    cti_lock_give(&lock);
    if (stop) {
        pthread_join(last, NULL);
    }
}

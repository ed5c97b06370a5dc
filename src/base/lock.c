#include "base/lock.h"

#include "base/atomic.h"

/* Written only by a forked child's only thread. Starts at 1, so that a lock which was never taken
 * (generation 0) comes through renew(), and thereby the fork handler is there before any lock can
 * be held. */
static uint32_t generation = 1;

static pthread_once_t registration = PTHREAD_ONCE_INIT;

/* Only one thread may initialise a stale mutex. It is itself a mutex that a fork can break, so the
 * child initialises it while it has one thread. */
static pthread_mutex_t renewal = PTHREAD_MUTEX_INITIALIZER;

static void after_fork_in_child(void) {
    pthread_mutex_init(&renewal, NULL);
    cti_store_relaxed(&generation, generation + 1);
}

static void register_fork_handler(void) {
    pthread_atfork(NULL, NULL, after_fork_in_child);
}

uint32_t cti_fork_generation(void) {
    pthread_once(&registration, register_fork_handler);
    return cti_load_relaxed(&generation);
}

/* Acquire pairs with the release in renew(): who sees the generation sees the mutex ready. */
static bool is_fresh(const cti_lock *lock) {
    return cti_load_acquire(&lock->generation) == cti_load_relaxed(&generation);
}

static void renew(cti_lock *lock) {
    const uint32_t now = cti_fork_generation();
    pthread_mutex_lock(&renewal);
    if (!is_fresh(lock)) {
        pthread_mutex_init(&lock->mutex, NULL);
        cti_store_release(&lock->generation, now);
    }
    pthread_mutex_unlock(&renewal);
}

void cti_lock_init(cti_lock *lock) {
    pthread_mutex_init(&lock->mutex, NULL);
    cti_store_release(&lock->generation, cti_fork_generation());
}

void cti_lock_destroy(cti_lock *lock) {
    if (is_fresh(lock)) {
        pthread_mutex_destroy(&lock->mutex);
    }
}

void cti_lock_take(cti_lock *lock) {
    if (!is_fresh(lock)) {
        renew(lock);
    }
    pthread_mutex_lock(&lock->mutex);
}

bool cti_lock_try(cti_lock *lock) {
    if (!is_fresh(lock)) {
        renew(lock);
    }
    return pthread_mutex_trylock(&lock->mutex) == 0;
}

void cti_lock_give(cti_lock *lock) {
    pthread_mutex_unlock(&lock->mutex);
}

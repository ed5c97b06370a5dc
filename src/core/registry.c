#include "core/registry.h"

#include <pthread.h>

#include "base/atomic.h"
#include "base/lock.h"
#include "base/tls.h"
#include "core/thread.h"

/* ---- The registry ---- */

static cti_lock lock = CTI_LOCK_INIT;
static const cti_thread
    *owner; /* written under the lock; a thread only ever compares it to itself */

bool cti_registry_take(void) {
    if (cti_load_relaxed(&owner) == &cti_self) {
        return false;
    }
    cti_lock_take(&lock);
    cti_store_relaxed(&owner, &cti_self);
    return true;
}

void cti_registry_give(void) {
    cti_store_relaxed(&owner, (const cti_thread *)NULL);
    cti_lock_give(&lock);
}

/* ---- The roster ---- */

static cti_lock roster = CTI_LOCK_INIT;
static CTI_TLS bool in_roster; /* set before the lock is taken, cleared after it is given */

bool cti_roster_take(void) {
    if (in_roster) {
        return false;
    }
    cti_store_relaxed(&in_roster, true);
    cti_compiler_barrier();
    cti_lock_take(&roster);
    return true;
}

void cti_roster_give(void) {
    cti_lock_give(&roster);
    cti_compiler_barrier();
    cti_store_relaxed(&in_roster, false);
}

/* ---- Forks ---- */

void cti_registry_after_fork(void) {
    cti_store_relaxed(&in_roster, false);
    cti_store_relaxed(&owner, (const cti_thread *)NULL);
}

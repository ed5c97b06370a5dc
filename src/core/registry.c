#include "core/registry.h"

#include <pthread.h>

#include "base/atomic.h"
#include "base/lock.h"
#include "core/thread.h"

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

void cti_registry_after_fork(void) {
    cti_store_relaxed(&owner, (const cti_thread *)NULL);
}

#include "core/retire.h"

#include "base/clock.h"
#include "base/fence.h"
#include "base/lock.h"
#include "base/memory.h"
#include "core/registry.h"
#include "core/shutdown.h"
#include "core/thread.h"

/* ---- Waiting for sections to end ---- */

static cti_lock one_waiter = CTI_LOCK_INIT;

/* Notes which threads are inside a section now. */
static void note_sections(void) {
    cti_roster_take();
    for (cti_thread *at = cti_thread_first(); at != NULL; at = at->next) {
        const uint64_t section = cti_load_acquire(&at->section);
        at->awaited = (section & 1) == 0 && at != &cti_self ? section : 0;
    }
    cti_roster_give();
}

/* Whether one of those is still inside the same one. */
static bool any_awaited(void) {
    bool any = false;
    cti_roster_take();
    for (cti_thread *at = cti_thread_first(); at != NULL && !any; at = at->next) {
        /* acquire: pairs with the release in cti_section_leave() */
        any = at->awaited != 0 && cti_load_acquire(&at->section) == at->awaited;
    }
    cti_roster_give();
    return any;
}

static bool wait_for_sections(uint64_t timeout_ns) {
    const uint64_t begun = cti_clock_monotonic_ns();
    for (uint64_t pause = 1000; any_awaited(); pause = pause < 1000000 ? pause * 2 : pause) {
        if (cti_clock_monotonic_ns() - begun >= timeout_ns) {
            return false;
        }
        cti_sleep_ns(pause);
    }
    return true;
}

/* ---- Graves ---- */

/* Objects that could not be freed at once. */
typedef struct grave {
    struct grave *next;
    void *object;
    void (*free_function)(void *);
} grave;

static grave *graves; /* pushed and taken as a whole, without a lock */

static void bury(void *object, void (*free_function)(void *)) {
    grave *one = cti_alloc(sizeof *one);
    if (one == NULL) {
        return; /* not freed: better than freed too soon */
    }
    one->object = object;
    one->free_function = free_function;
    one->next = cti_load_relaxed(&graves);
    while (!cti_compare_exchange(&graves, &one->next, one)) {
    }
}

static void open_graves(grave *list) {
    while (list != NULL) {
        grave *next = list->next;
        list->free_function(list->object);
        cti_free(list);
        list = next;
    }
}

/* Puts graves back that were taken too soon. */
static void close_graves(grave *list) {
    while (list != NULL) {
        grave *next = list->next;
        list->next = cti_load_relaxed(&graves);
        while (!cti_compare_exchange(&graves, &list->next, list)) {
        }
        list = next;
    }
}

bool cti_synchronize(uint64_t timeout_ns) {
    if (cti_section_inside(&cti_self)) {
        return false; /* it would wait for itself */
    }
    grave *list = cti_exchange(&graves, (grave *)NULL);
    cti_lock_take(&one_waiter);
    cti_heavy_fence(); /* who enters a section from here on sees what was unpublished */
    note_sections();
    const bool seen = wait_for_sections(timeout_ns);
    cti_lock_give(&one_waiter);
    if (seen) {
        open_graves(list);
    } else {
        close_graves(list);
    }
    return seen;
}

static void retire_within(uint64_t timeout_ns, void *object, void (*free_function)(void *)) {
    if (cti_synchronize(timeout_ns)) {
        free_function(object);
    } else {
        bury(object, free_function);
    }
}

void cti_retire(void *object, void (*free_function)(void *)) {
    retire_within(cti_patience_ns(), object, free_function);
}

void cti_retire_soon(void *object, void (*free_function)(void *)) {
    retire_within(0, object, free_function);
}

void cti_free_retired(void) {
    if (cti_load_relaxed(&graves) != NULL) {
        cti_synchronize(0);
    }
}

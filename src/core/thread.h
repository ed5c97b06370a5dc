/* What the library keeps for each thread, in thread-local storage, and when threads are inside it.
 *
 * A section is the time in which a thread may use what others could take away: the process's
 * subscriber, its filter, interest tables. Taking something away is: unpublish it, then wait until
 * every thread has been seen outside a section (core/retire.h). Entering and leaving are plain
 * stores; the waiting side pays (base/fence.h). A section also is what guards against re-entry: a
 * callback that emits finds its thread inside one. */
#ifndef CTI_CORE_THREAD_H
#define CTI_CORE_THREAD_H

#include "base/atomic.h"
#include "base/random.h"
#include "base/tls.h"
#include "core/route.h"
#include "core/scope.h"
#include "ctrace/subscriber.h"

enum { CTI_BLOCK_CLASSES = 7 }; /* of span memory: 256 bytes, 512, … 16 KiB */

typedef struct cti_block cti_block;

/* What a subscriber keeps for a thread. */
typedef struct cti_local cti_local;
struct cti_local {
    const void *owner;
    void (*thread_ended)(cti_local *); /* on the thread; it is not linked there any more */
    cti_local *next;
};

typedef struct cti_thread cti_thread;
struct cti_thread {
    uint64_t section; /* odd: outside; even: inside; 0: not known to the library yet */
    cti_scope *scope; /* where it stands: its own, or a task's; set by cti_thread_stand() */
    cti_route route;
    bool fence; /* entering a section needs a real fence here */
    bool named;
    bool mute;        /* no event comes from inside a section here: it delivers for others */
    bool interrupted; /* a signal handler's event is on its way, and the section is not its own */
    bool beginning;   /* it is being made known, and a handler may have interrupted that */
    uint8_t endings;  /* how often its destructor has run */
    cti_block *blocks[CTI_BLOCK_CLASSES]; /* free span memory */
    size_t block_room; /* for how many bytes more in those; 0 as long as it is not known */
    cti_random random;
    ctrace_buf *scratch;
    cti_local *locals; /* changed by single stores: a handler may walk it */
    cti_scope own;
    ctrace_thread about;
    char name[32];
    uint64_t awaited; /* the section it was seen in by cti_synchronize(), or 0 */
    cti_thread *next;
    cti_thread **link;
};

extern CTI_TLS cti_thread cti_self;

/* The rare ways into a section: a thread seen for the first time, or one that is inside already. */
bool cti_section_enter_slowly(cti_thread *self);

/* Enters a section and sets the number to leave it by, so that it need not be read back. False when
 * this thread is inside one already, or cannot be known for want of memory. Then nothing of the
 * process's may be touched, and leaving by the number changes nothing. */
static inline bool cti_section_begin(cti_thread *self, uint64_t *ret_section) {
    const uint64_t section = self->section + 1;
    if (CTRACE_I_UNLIKELY((section & 1) != 0)) {
        const bool entered = cti_section_enter_slowly(self);
        *ret_section = entered ? self->section : self->section - 1;
        return entered;
    }
    *ret_section = section;
    cti_store_relaxed(&self->section, section);
    /* pairs with the fence in cti_synchronize(): it sees this store, or we see what it unpublished
     */
    if (CTRACE_I_UNLIKELY(self->fence)) {
        cti_fence();
    } else {
        cti_compiler_barrier();
    }
    return true;
}

static inline void cti_section_end(cti_thread *self, uint64_t section) {
    /* release: what the section read was read before somebody sees that it is over */
    cti_store_release(&self->section, section + 1);
}

/* Enters a section without the fence that some threads need; false, and nothing done, where a store
 * is not all it takes. */
static inline bool cti_section_begin_unfenced(cti_thread *self, uint64_t *ret_section) {
    const uint64_t section = self->section + 1;
    if (CTRACE_I_UNLIKELY((section & 1) != 0)) {
        return false;
    }
    *ret_section = section;
    cti_store_relaxed(&self->section, section);
    cti_compiler_barrier(); /* as above */
    return true;
}

/* Enters a section where a store is all it takes, and no fence is needed; else false, and nothing
 * done. */
static inline bool cti_section_begin_lightly(cti_thread *self, uint64_t *ret_section) {
    return CTRACE_I_LIKELY(!self->fence) && cti_section_begin_unfenced(self, ret_section);
}

/* The same without a number to keep. */
static inline bool cti_section_enter(cti_thread *self) {
    uint64_t section;
    return cti_section_begin(self, &section);
}

static inline void cti_section_leave(cti_thread *self) {
    cti_section_end(self, self->section);
}

/* Makes the thread known, if it can be and was not. */
static inline void cti_thread_know(cti_thread *self) {
    if (cti_section_enter(self)) {
        cti_section_leave(self);
    }
}

/* Has the thread stand there. */
static inline void cti_thread_stand(cti_thread *self, cti_scope *scope) {
    self->scope = scope;
    cti_route_forget(&self->route);
}

/* Whether this thread is inside a section. */
static inline bool cti_section_inside(const cti_thread *self) {
    return self->section != 0 && (self->section & 1) == 0;
}

/* All known threads, linked by `next`. With the roster's lock held. */
cti_thread *cti_thread_first(void);

/* This thread's id, name and process, asked of the system when first needed. */
const ctrace_thread *cti_thread_about(cti_thread *self);

#endif

/* Sources: what an emitting thread needs now and then. A ring for its records, and more room.
 *
 * A thread's first event may come from a signal handler that interrupted malloc(): what is made for
 * it comes from cti_alloc_pages(), and no lock is taken under which somebody may allocate. What
 * all sources need, a reader and a thread, is there by then, but in a forked child. */
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "compose/deferred.h"
#include "compose/deferred_reader.h"
#include "core/registry.h"
#include "record/format.h"

enum { FIRST_PAUSE_NS = 20000, LONGEST_PAUSE_NS = 1000000 };

/* ---- Memory ---- */

/* A ring, unless all rings together would become too large. */
static cti_ring *new_ring(cti_deferred *deferred, size_t capacity) {
    const size_t footprint = cti_ring_footprint(capacity, CTI_RECORD_LONGEST);
    const size_t before = cti_fetch_add(&deferred->bytes, footprint);
    cti_ring *ring = before + footprint > deferred->options.max_bytes
                         ? NULL
                         : cti_ring_new(capacity, CTI_RECORD_LONGEST);
    if (ring == NULL) {
        cti_fetch_sub_acq_rel(&deferred->bytes, footprint);
    }
    return ring;
}

void cti_source_free_ring(cti_deferred *deferred, cti_ring *ring) {
    if (ring != NULL) {
        cti_fetch_sub_acq_rel(&deferred->bytes,
                              cti_ring_footprint(cti_ring_capacity(ring), CTI_RECORD_LONGEST));
        cti_ring_free(ring);
    }
}

static void free_rings(cti_deferred *deferred, cti_source *source) {
    for (unsigned lane = 0; lane < CTI_LANES; lane++) {
        cti_ring *ring = source->oldest[lane];
        while (ring != NULL) {
            cti_ring *next = ring->next;
            cti_source_free_ring(deferred, ring);
            ring = next;
        }
        source->oldest[lane] = NULL;
        source->rings[lane] = NULL;
    }
}

/* ---- The end ---- */

/* The roster's lock lies between a thread that ends and a deferred subscriber that goes: whoever
 * comes second frees the source. */

static void thread_ended(cti_local *local) {
    cti_source *source = (cti_source *)(void *)local;
    const bool taken = cti_roster_take();
    cti_deferred *deferred = (cti_deferred *)(uintptr_t)local->owner;
    if (deferred != NULL) {
        /* release: what the thread wrote last is seen before this */
        cti_store_release(&source->ended, true);
        cti_wakeup_now(&deferred->wakeup); /* so that the ring's memory is given back */
    }
    if (taken) {
        cti_roster_give();
    }
    if (deferred == NULL) {
        cti_free(source);
    }
}

void cti_source_retire(cti_deferred *deferred, cti_source *source) {
    free_rings(deferred, source);
    cti_stands_free(source->stands);
    source->stands = NULL;
    const bool taken = cti_roster_take();
    const bool ended = cti_load_acquire(&source->ended);
    cti_store_relaxed(&source->local.owner, (const void *)NULL);
    if (taken) {
        cti_roster_give();
    }
    if (ended) {
        cti_free(source);
    }
}

void cti_sources_release(cti_deferred *deferred) {
    while (deferred->sources != NULL) {
        cti_source *source = deferred->sources;
        deferred->sources = source->next;
        cti_source_retire(deferred, source);
    }
}

/* Frees the sources whose deferred subscriber is gone. */
static void free_orphans(cti_thread *self) {
    for (cti_local **link = &self->locals; *link != NULL;) {
        cti_local *local = *link;
        if (cti_load_relaxed(&local->owner) == NULL && local->thread_ended == thread_ended &&
            cti_roster_take()) { /* whoever orphaned it has let go */
            cti_roster_give();
            *link = local->next;
            cti_free(local);
        } else {
            link = &local->next;
        }
    }
}

/* ---- The beginning ---- */

/* What is allocated for a thread at once, but for its ring. */
typedef struct whole_source {
    cti_source source; /* first: where it is freed nobody knows of the rest */
    cti_stand own;
    unsigned char side_ring[];
} whole_source;

static size_t side_footprint(void) {
    return cti_ring_footprint(CTI_SIDE_BYTES, CTI_RECORD_LONGEST);
}

static cti_source *alloc_source(void) {
    whole_source *whole = cti_alloc_pages(sizeof *whole + side_footprint());
    if (whole == NULL) {
        return NULL;
    }
    memset(&whole->source, 0, sizeof whole->source);
    cti_stand_init(&whole->own, 0);
    whole->own.enclosed = true;
    whole->source.stands = &whole->own;
    whole->source.rings[CTI_LANE_SIDE] =
        cti_ring_in(whole->side_ring, CTI_SIDE_BYTES, CTI_RECORD_LONGEST);
    return &whole->source;
}

/* Asked first: a thread for which there is none asks with each record. */
static bool has_room(const cti_deferred *deferred, size_t ring_bytes) {
    return cti_load_relaxed(&deferred->bytes) + side_footprint() +
               cti_ring_footprint(ring_bytes, CTI_RECORD_LONGEST) <=
           deferred->options.max_bytes;
}

static cti_source *new_source(cti_deferred *deferred, cti_thread *self) {
    const size_t ring_bytes = cti_deferred_ring_bytes(deferred);
    cti_source *source = has_room(deferred, ring_bytes) ? alloc_source() : NULL;
    if (source == NULL) {
        return NULL;
    }
    cti_fetch_add(&deferred->bytes, side_footprint());
    source->rings[CTI_LANE_OWN] = new_ring(deferred, ring_bytes);
    if (source->rings[CTI_LANE_OWN] == NULL) {
        cti_fetch_sub_acq_rel(&deferred->bytes, side_footprint());
        cti_free(source);
        return NULL;
    }
    memcpy(source->oldest, source->rings, sizeof source->oldest);
    source->local.owner = deferred;
    source->local.thread_ended = thread_ended;
    source->identities.state = cti_random_next(&self->random);
    source->about = *cti_thread_about(self);
    strncpy(source->name, source->about.name, sizeof source->name - 1);
    source->about.name = source->name;
    return source;
}

/* In a forked child: what the parent's threads wrote is the parent's to deliver, and its reader may
 * have been anywhere when the process forked, so it is left alone. Only the rings are worth giving
 * back. */
static void renew(cti_deferred *deferred) {
    for (cti_source *source = deferred->sources; source != NULL; source = source->next) {
        free_rings(deferred, source);
    }
    if (deferred->reader != NULL) {
        cti_reader_abandon(deferred->reader, deferred->sources);
    }
    deferred->reader = NULL;
    deferred->sources = NULL;
    deferred->closed = NULL;
    deferred->bytes = 0;
    deferred->running = false;
    cti_store_relaxed(&deferred->ready, false);
    cti_wakeup_cancel(&deferred->wakeup);
    /* release: who sees the generation sees the rest of it */
    cti_store_release(&deferred->generation, cti_fork_generation());
}

static bool is_ready(const cti_deferred *deferred) {
    return cti_load_acquire(&deferred->generation) == cti_fork_generation() &&
           cti_load_acquire(&deferred->ready);
}

bool cti_deferred_make_ready(cti_deferred *deferred) {
    if (is_ready(deferred)) {
        return true;
    }
    cti_lock_take(&deferred->lock);
    if (deferred->generation != cti_fork_generation()) {
        renew(deferred);
    }
    if (deferred->reader == NULL) {
        deferred->reader = cti_reader_new(deferred);
    }
    const bool has_reader = deferred->reader != NULL;
    if (has_reader) {
        cti_deferred_start(deferred);
        const bool ready = deferred->running || deferred->options.manual;
        cti_store_release(&deferred->ready, ready);
    }
    cti_lock_give(&deferred->lock);
    return has_reader;
}

/* False where a handler interrupted just that. */
static bool add_source(cti_deferred *deferred, cti_thread *self, cti_source *source) {
    if (!cti_roster_take()) {
        return false;
    }
    source->next = deferred->sources;
    /* release: the reader finds it complete */
    cti_store_release(&deferred->sources, source);
    cti_roster_give();
    source->local.next = self->locals;
    cti_compiler_barrier(); /* a handler finds the list whole */
    cti_store_relaxed(&self->locals, &source->local);
    return true;
}

static cti_source *make_source(cti_deferred *deferred, cti_thread *self) {
    if (!cti_deferred_make_ready(deferred)) {
        return NULL;
    }
    cti_source *source = new_source(deferred, self);
    if (source != NULL && !add_source(deferred, self, source)) {
        free_rings(deferred, source);
        cti_free(source);
        return NULL;
    }
    return source;
}

cti_source *cti_source_find_slowly(cti_deferred *deferred, cti_thread *self) {
    for (cti_local *local = self->locals; local != NULL; local = local->next) {
        if (cti_load_relaxed(&local->owner) == deferred) {
            return (cti_source *)(void *)local;
        }
    }
    if (self->interrupted) {
        return NULL;
    }
    free_orphans(self);
    return make_source(deferred, self);
}

/* ---- More room ---- */

static unsigned char *look(cti_deferred *deferred, const cti_source *source, unsigned lane,
                           size_t least, size_t *ret_room) {
    cti_ring *ring = source->rings[lane];
    if (cti_ring_look(ring) > cti_ring_capacity(ring) / 2) {
        cti_wakeup_now(&deferred->wakeup); /* it must not sleep until the ring is full */
    }
    return least > ring->longest ? NULL : cti_ring_room(ring, least, ret_room);
}

static size_t tail_of(const cti_source *source) {
    return cti_load_relaxed(&source->rings[CTI_LANE_OWN]->tail);
}

/* Waits for the reader. Once that was in vain, nobody waits again before the reader has moved. */
static unsigned char *wait(cti_deferred *deferred, cti_source *source, size_t least,
                           size_t *ret_room) {
    if (source->gave_up && source->gave_up_at == tail_of(source)) {
        return NULL;
    }
    const uint64_t begun = cti_clock_monotonic_ns();
    uint64_t pause = FIRST_PAUSE_NS;
    unsigned char *room;
    while ((room = look(deferred, source, CTI_LANE_OWN, least, ret_room)) == NULL &&
           cti_clock_monotonic_ns() - begun < deferred->options.block_timeout_ns) {
        cti_sleep_ns(pause);
        pause = pause < LONGEST_PAUSE_NS ? pause * 2 : pause;
    }
    source->gave_up = room == NULL;
    source->gave_up_at = tail_of(source);
    return room;
}

/* Goes on in a larger ring. The reader reads the old one to its end and frees it. */
static unsigned char *grow(cti_deferred *deferred, cti_source *source, size_t least,
                           size_t *ret_room) {
    cti_ring *old = source->rings[CTI_LANE_OWN];
    size_t capacity = 2 * cti_ring_capacity(old);
    while (capacity / 2 < least + cti_ring_promised(old)) {
        capacity *= 2;
    }
    cti_ring *larger = new_ring(deferred, capacity);
    if (larger == NULL) {
        return NULL;
    }
    cti_ring_promise(larger, cti_ring_promised(old));
    source->rings[CTI_LANE_OWN] = larger;
    /* release: the last record of the old one is published before */
    cti_store_release(&old->next, larger);
    return cti_ring_room(larger, least, ret_room);
}

unsigned char *cti_source_make_room(cti_deferred *deferred, cti_source *source, unsigned lane,
                                    size_t least, bool waits, size_t *ret_room) {
    const cti_thread *self = &cti_self;
    unsigned char *room = look(deferred, source, lane, least, ret_room);
    if (room != NULL || !waits || lane != CTI_LANE_OWN || self->interrupted) {
        return room;
    }
    switch (deferred->options.policy) {
    case CTRACE_DEFERRED_BLOCK:
        return least > source->rings[lane]->longest ? NULL
                                                    : wait(deferred, source, least, ret_room);
    case CTRACE_DEFERRED_GROW:
        return least > CTI_RECORD_LONGEST ? NULL : grow(deferred, source, least, ret_room);
    default:
        return NULL;
    }
}

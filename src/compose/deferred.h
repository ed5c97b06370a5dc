/* Deferred subscribers from the inside.
 *
 *   source   what one thread's records go through on their way: its ring, and a small one for
 *            signal handlers that interrupt it while it writes
 *   reader   what gives them to the inner subscriber: merges the sources by time and rebuilds the
 *            spans (compose/deferred_reader.h)
 *   told     of a span: that the reader has been told of it, so that it will be of the rest
 *
 * The emitting side is deferred_shortcut.c and, for what is less common, deferred_event.c and
 * deferred_span.c; for what it does not do each time, deferred_source.c. Whoever holds `reading` is
 * the reader: the thread of deferred_thread.c; who polls; where there is no thread, who flushes. */
#ifndef CTI_COMPOSE_DEFERRED_H
#define CTI_COMPOSE_DEFERRED_H

#include <pthread.h>

#include "base/lock.h"
#include "base/ring.h"
#include "base/ticks.h"
#include "base/wakeup.h"
#include "core/thread.h"
#include "ctrace/deferred.h"
#include "record/get.h"

typedef struct cti_reader cti_reader;
typedef struct cti_stand cti_stand;
typedef struct cti_source cti_source;
typedef struct cti_deferred cti_deferred;

enum {
    CTI_LANE_OWN,  /* what the thread writes */
    CTI_LANE_SIDE, /* what handlers write that interrupted that */
    CTI_LANES
};

/* What comes next in a lane. The reader's; those with something to read are in a list by time. */
typedef struct cti_upcoming cti_upcoming;
struct cti_upcoming {
    cti_source *source;
    unsigned lane;
    cti_ring *ring;
    cti_record_head head;
    cti_get rest;
    cti_upcoming *later;
};

struct cti_source {
    cti_local local; /* first: the thread's list leads here. Its owner is NULL for an orphan. */

    /* the emitting thread's */
    uint8_t writing;            /* how many records are being written, one inside another */
    cti_ring *rings[CTI_LANES]; /* where it writes */
    uint64_t bases[CTI_LANES];  /* of the times of what it wrote last: see record/format.h */
    cti_sequence identities;    /* of new spans */
    uint64_t here;              /* the span where the reader believes the thread stands, or 0 */
    uint64_t task;              /* likewise */
    uint32_t untold;            /* spans entered of which the reader was not told: the innermost */
    bool gave_up;               /* waiting for room was in vain … */
    size_t gave_up_at;          /* … as long as the reader is here */

    /* both sides', and far from what the thread changes with each record */
    char apart[CTI_CACHE_LINE];
    bool ended; /* the thread will write no more */

    /* the reader's */
    uint64_t told_ns[2]; /* when the next record's happened, by both clocks; 0: when written */
    uint64_t last_ns;    /* the time of the last record */
    cti_ring *oldest[CTI_LANES];    /* where it reads */
    uint64_t read_bases[CTI_LANES]; /* of the times of what it reads next */
    cti_upcoming upcoming[CTI_LANES];
    cti_stand *stands; /* the thread's own, and those of tasks; the current one first */
    ctrace_thread about;
    char name[32];
    cti_source *next;
};

/* In each span, for the deferred subscriber. All zero until the reader has been told. */
typedef struct cti_told cti_told;
struct cti_told {
    uint32_t generation; /* of the process in which it was */
    union {
        uint64_t parent;    /* the span around it that was told, or 0 */
        uint64_t closed_at; /* ticks; of one whose end found no room */
    };
    /* of the latter, in the list of those */
    ctrace_span *span; /* a hold */
    cti_told *next;
};

struct cti_deferred {
    ctrace_subscriber base;
    ctrace_subscriber *inner;
    ctrace_deferred_options options; /* without zeros */
    char thread_name[32];
    cti_wakeup wakeup;
    uint32_t generation; /* the fork generation that all of the rest belongs to */
    uint32_t losses;     /* how many records were lost in all */
    size_t bytes;        /* of all rings */
    size_t plenty;       /* while there are no more, new ones are as large as the options say */
    cti_told *closed;    /* spans whose ends found no room in a ring; pushed and taken as a whole */

    cti_source *sources; /* pushed under the roster's lock, read without, unlinked by the reader */
    bool ready;          /* there is a reader, and a thread if there is to be one */
    cti_lock lock;       /* over making them, and the thread */
    pthread_t thread;
    bool running;
    bool stopping;
    bool left; /* the thread, or who stopped it, has gone: the other one frees everything */

    cti_lock reading;
    cti_reader *reader;

    uint32_t asked;    /* how often somebody asked the thread to catch up … */
    uint32_t answered; /* … and up to which of these it has; both changed under the lock */
    pthread_cond_t caught_up;
    uint32_t condition_generation; /* of the process that uses it; 0: nobody yet */
};

static inline cti_deferred *cti_deferred_of(ctrace_subscriber *subscriber) {
    return (cti_deferred *)subscriber;
}

/* ---- deferred_options.c ---- */

enum { CTI_SIDE_BYTES = 4096 }; /* of the ring for signal handlers */

/* CTRACE_OK, or what is wrong. */
ctrace_status cti_deferred_check(const ctrace_deferred_options *said);

/* With the defaults in the place of zeros. */
ctrace_deferred_options cti_deferred_complete(const ctrace_deferred_options *said);

/* How many bytes may be taken before rings become smaller: a size that was said is kept to for as
 * long as there is room. */
size_t cti_deferred_plenty(const ctrace_deferred_options *said, size_t max_bytes);

/* How large a ring one thread more is to have: smaller than others where memory is short. */
size_t cti_deferred_ring_bytes(const cti_deferred *deferred);

/* ---- deferred_source.c ---- */

/* Makes what all sources need, the reader and its thread, if that is not done yet. False when there
 * is no memory for the reader; a thread that could not be started is tried again each time. */
bool cti_deferred_make_ready(cti_deferred *deferred);

/* This thread's source, made if need be; NULL when there is no memory, or where none can be
 * allocated. */
cti_source *cti_source_find_slowly(cti_deferred *deferred, cti_thread *self);

static inline cti_source *cti_source_find(cti_deferred *deferred, cti_thread *self) {
    cti_local *local = self->locals;
    if (CTRACE_I_UNLIKELY(local == NULL || cti_load_relaxed(&local->owner) != deferred)) {
        return cti_source_find_slowly(deferred, self);
    }
    return (cti_source *)(void *)local;
}

/* Room for a record where cti_ring_room() knew of none; NULL when, by the policy, there is none.
 * `waits` is false for what can go elsewhere: then the policy does not matter. */
unsigned char *cti_source_make_room(cti_deferred *deferred, cti_source *source, unsigned lane,
                                    size_t least, bool waits, size_t *ret_room);

/* Frees a source that is drained and ended, or whose deferred subscriber goes. Threads: the
 * reader. */
void cti_source_retire(cti_deferred *deferred, cti_source *source);

/* The same for all of them. */
void cti_sources_release(cti_deferred *deferred);

/* Gives back one ring's memory. */
void cti_source_free_ring(cti_deferred *deferred, cti_ring *ring);

/* ---- deferred_thread.c ---- */

/* Starts the thread if it does not run and there is to be one. With the lock held. */
void cti_deferred_start(cti_deferred *deferred);

/* Has the thread end. False when it is stuck: then it frees everything itself, if ever. */
bool cti_deferred_stop(cti_deferred *deferred);

/* ---- deferred_flush.c ---- */

ctrace_status cti_deferred_flush(ctrace_subscriber *subscriber, uint64_t timeout_ns);

/* The reader has caught up with those who asked so far. Threads: the queue's own. */
void cti_deferred_answer(cti_deferred *deferred, uint32_t asked);

/* ---- deferred_reader.c, all with `reading` held ---- */

/* Reads what is there now and up to this tick, but no longer than until `due_ns` of the monotonic
 * clock, UINT64_MAX for ever. Sets how many records were delivered. False when there may be more,
 * because the time is over, or there is no memory to know this thread. */
bool cti_deferred_read(cti_deferred *deferred, uint64_t until, uint64_t due_ns, size_t *ret_count);

/* ---- deferred_rest.c, likewise ---- */

/* Whether all that was emitted in this process has been delivered. */
bool cti_deferred_is_drained(cti_deferred *deferred);

/* Counts as lost what was not delivered in time. */
void cti_deferred_lose(cti_deferred *deferred);

/* ---- deferred.c ---- */

/* Frees everything. */
void cti_deferred_free(cti_deferred *deferred);

#endif

/* The flight recorder from the inside.
 *
 *   region   the segments of the file that one thread's stream goes into (or the callsites')
 *   track    what the recorder keeps for a thread: its region, and where its stream stands
 *   told     of a span: that it is in the file */
#ifndef CTI_SINKS_RECORDER_H
#define CTI_SINKS_RECORDER_H

#include "base/lock.h"
#include "core/event.h"
#include "core/traits.h"
#include "ctrace/deferred.h"
#include "record/file_write.h"

enum {
    CTI_REGION_SEGMENTS = 8 /* a ring forgets an eighth at a time */
};

typedef struct cti_region {
    cti_lane lanes[CTI_FILE_LANES];
    uint64_t owner;
    unsigned char *segments[CTI_REGION_SEGMENTS]; /* in the order of their use; in GROW not kept */
    uint32_t count;
    uint32_t newest;
} cti_region;

typedef struct cti_track cti_track;
struct cti_track {
    cti_local local; /* first: the thread's list leads here. Its owner is NULL for an orphan. */
    uint8_t writing; /* how many records are being written, one inside another */
    bool introduced; /* the stream says whose it is */
    cti_sequence identities; /* of new spans */
    uint64_t here;           /* the span where the stream stands, or 0 */
    uint32_t untold;         /* spans entered of which the stream does not tell: the innermost */
    size_t promised;         /* bytes kept free for the ends of those of which it does */
    intptr_t brim; /* of a short way: an event that would begin beyond needs a new segment */
    uint64_t task; /* likewise */
    uint64_t last[CTI_FILE_LANES]; /* time of the last record */
    cti_region region;
    cti_track *next;
    cti_track **link;
};

/* In each span, for the recorder. All zero until it is in the file. */
typedef struct cti_taped {
    uint32_t generation; /* of the process in whose file it is */
    uint64_t parent;     /* the span around it that is there, too, or 0 */
} cti_taped;

enum { CTI_MISSED_MOST = 256 };

typedef struct cti_recorder {
    ctrace_subscriber base;
    char *path;        /* absolute … */
    const char *given; /* … and where in it what was given begins */
    ctrace_recorder_options options;
    uint32_t generation; /* the fork generation that all of the rest belongs to */
    bool recording;      /* there is a file */
    cti_record_file file;
    cti_track *tracks; /* of living threads */
    cti_track *ended;  /* of dead ones: to be taken over */
    uint64_t owners;

    cti_lock lock; /* over what follows, and renewal in a forked child; its holder may allocate */
    cti_region callsites;
    uint8_t *described; /* by callsite id */
    uint32_t described_size;
    uint32_t missed[CTI_MISSED_MOST]; /* ids of callsites whose descriptions found no room */
    uint32_t missed_count;            /* changed under the lock, read without it */
} cti_recorder;

static inline cti_recorder *cti_recorder_of(ctrace_subscriber *subscriber) {
    return (cti_recorder *)subscriber;
}

/* ---- recorder.c ---- */

/* In a forked child: begins its own file, or none. With the lock held. */
void cti_recorder_renew(cti_recorder *recorder);

/* ---- recorder_callsite.c ---- */

ctrace_interest cti_recorder_on_callsite(ctrace_subscriber *, const ctrace_callsite *);

/* Whether the callsite is not described in the file: what comes of it would not be understood, and
 * is lost. */
bool cti_recorder_misses_this(const cti_recorder *recorder, const cti_site *site);

static inline bool cti_recorder_misses(const cti_recorder *recorder, const cti_site *site) {
    return CTRACE_I_UNLIKELY(cti_load_acquire(&recorder->missed_count) != 0) &&
           cti_recorder_misses_this(recorder, site);
}

/* Describes the callsite in the file. False when there is no room. With the lock held. */
bool cti_recorder_describe(cti_recorder *recorder, const cti_site *site);

/* ---- recorder_track.c ---- */

/* This thread's track, made if need be; NULL when there is no region for it, no memory, or where
 * none can be made.
 *
 * here_and_now  What is going to be recorded happens now: the first track decides whether the file
 *               has ticks. */
cti_track *cti_track_find_slowly(cti_recorder *recorder, cti_thread *self, bool here_and_now);

static inline cti_track *cti_track_find(cti_recorder *recorder, cti_thread *self,
                                        bool here_and_now) {
    cti_local *local = self->locals;
    if (CTRACE_I_UNLIKELY(local == NULL || cti_load_relaxed(&local->owner) != recorder)) {
        return cti_track_find_slowly(recorder, self, here_and_now);
    }
    return (cti_track *)(void *)local;
}

/* Has the region continue in another segment. False when there is none. */
bool cti_region_advance(cti_recorder *recorder, cti_region *region, bool for_callsites);

/* Lets go of all tracks: their threads free them when they end. */
void cti_tracks_release(cti_recorder *recorder);

/* Frees them: in a forked child, where nobody has them. */
void cti_tracks_free(cti_recorder *recorder);

/* ---- recorder_shortcut.c ---- */

/* What shortens this thread's route to the recorder where it stands now; NULL when something is
 * unusual. */
const cti_ways *cti_recorder_ways(ctrace_subscriber *subscriber, cti_thread *self,
                                  void **ret_track);

/* ---- recorder_event.c, recorder_span.c ---- */

void cti_recorder_on_event(ctrace_subscriber *, const ctrace_event *, const ctrace_moment *);
void cti_recorder_on_span_new(ctrace_subscriber *, ctrace_span *, const ctrace_moment *);
void cti_recorder_on_span_record(ctrace_subscriber *, ctrace_span *, const ctrace_fields *,
                                 const ctrace_moment *);
void cti_recorder_on_span_follows(ctrace_subscriber *, ctrace_span *, const ctrace_span *,
                                  const ctrace_moment *);
void cti_recorder_on_span_enter(ctrace_subscriber *, ctrace_span *, const ctrace_moment *);
void cti_recorder_on_span_exit(ctrace_subscriber *, ctrace_span *, const ctrace_moment *);
void cti_recorder_on_span_close(ctrace_subscriber *, ctrace_span *, const ctrace_moment *);

#endif

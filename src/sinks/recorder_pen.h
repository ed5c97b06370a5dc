/* Writing one record at a time into this thread's track. */
#ifndef CTI_SINKS_RECORDER_PEN_H
#define CTI_SINKS_RECORDER_PEN_H

#include "sinks/recorder.h"

typedef struct cti_tape {
    cti_recorder *recorder;
    cti_track *track;
    cti_thread *thread;
    ctrace_span *entering; /* what is just being told: the span that is entered … */
    ctrace_span *leaving;  /* … or left; or NULL */
    uint64_t time;
    uint64_t task;
    unsigned lane;
    uint8_t outer; /* what `writing` was before */
} cti_tape;

/* Says whose the stream is from here on. False when there is no room for that: what came then would
 * seem to be of the thread before. */
bool cti_tape_introduce(const cti_tape *tape);

static inline void cti_tape_give(const cti_tape *tape) {
    cti_compiler_barrier();
    cti_store_relaxed(&tape->track->writing, tape->outer);
}

/* Where to write while so many records are being written. What a handler interrupted may also write
 * by a shortcut, which does not count. */
static inline unsigned cti_tape_lane(cti_thread *self, uint8_t writing) {
    if (writing != CTI_FILE_OWN) {
        return writing;
    }
    if (CTRACE_I_UNLIKELY(!cti_section_inside(self))) {
        cti_route_forget(&self->route); /* nor does a handler outside a section */
    }
    return self->interrupted ? CTI_FILE_SIDE : CTI_FILE_OWN;
}

/* Begins; the caller has said what is entered or left, and cleared the rest. False when this thread
 * has no track, or as many handlers have interrupted each other here as there are lanes. Where it
 * is true, cti_tape_give() must follow. */
static inline bool cti_tape_take(cti_tape *tape, ctrace_subscriber *subscriber,
                                 const ctrace_moment *moment) {
    cti_thread *self = &cti_self;
    cti_recorder *recorder = cti_recorder_of(subscriber);
    cti_track *track = cti_track_find(recorder, self, moment->thread != NULL);
    if (CTRACE_I_UNLIKELY(track == NULL || track->writing == CTI_FILE_LANES)) {
        return false;
    }
    tape->recorder = recorder;
    tape->track = track;
    tape->thread = self;
    tape->outer = track->writing;
    tape->lane = cti_tape_lane(self, track->writing);
    tape->task = moment->task_id;
    /* A handler that comes after this store writes elsewhere, one that came before has left. */
    cti_store_relaxed(&track->writing, (uint8_t)(tape->lane + 1));
    cti_compiler_barrier();
    /* Callbacks may share a moment, and a handler write between them: a lane's times never fall. */
    const uint64_t time =
        recorder->file.in_ticks ? cti_moment_ticks(moment) : ctrace_moment_monotonic_ns(moment);
    tape->time = time > track->last[tape->lane] ? time : track->last[tape->lane];
    track->last[tape->lane] = tape->time;
    if (CTRACE_I_UNLIKELY(!track->introduced && !cti_tape_introduce(tape))) {
        cti_tape_give(tape);
        return false;
    }
    return true;
}

/* Makes room for such a record in another segment, and tells there where the thread stands. */
bool cti_tape_turn(const cti_tape *tape, size_t least);

enum {
    CTI_TAPE_ENDS_SIZE = CTI_RECORD_STAND_SIZE + 2 * CTI_RECORD_SPAN_SIZE + 3 * CTI_FILE_TIMES_SIZE
}; /* promised to a span entered */

/* Whether there is room in the segment besides what was promised. */
static inline bool cti_track_has_room(const cti_track *track, size_t size) {
    const cti_lane *lane = &track->region.lanes[CTI_FILE_OWN];
    /* without a limit that is below 0 */
    const intptr_t room = (intptr_t)lane->limit - (intptr_t)lane->at;
    return room >= (intptr_t)(size + track->promised);
}

/* Begins a record. False when there is no room. */
static inline bool cti_tape_begin(const cti_tape *tape, cti_put *put, size_t least,
                                  uint32_t subject) {
    const size_t size = least + CTI_FILE_TIMES_SIZE;
    if (tape->lane == CTI_FILE_OWN && CTRACE_I_UNLIKELY(!cti_track_has_room(tape->track, size)) &&
        !cti_tape_turn(tape, size)) {
        return false;
    }
    return cti_lane_begin(&tape->track->region.lanes[tape->lane], put, least, subject, tape->time);
}

static inline void cti_tape_end(const cti_tape *tape, const cti_put *put, cti_record_kind kind) {
    cti_lane_commit(&tape->track->region.lanes[tape->lane], put, kind, tape->time);
}

/* Whether the span is in this process's file. */
static inline bool cti_is_taped(const cti_recorder *recorder, const cti_taped *taped) {
    return taped != NULL && cti_load_acquire(&taped->generation) == recorder->generation;
}

/* Says where the thread stands: in which task, and in which span. */
bool cti_tape_stand(const cti_tape *tape, uint64_t span);

/* The identity of the innermost of `span` and those around it that are in the file; 0 when none is.
 * In a forked child, the spans from before the fork are told now. */
uint64_t cti_tape_outward(const cti_tape *tape, ctrace_span *span);

/* New spans get their identities here, when nobody else can know them yet. */
static inline void cti_tape_identify(cti_track *track, ctrace_span *span) {
    if (span->id == 0) {
        span->id = cti_sequence_next(&track->identities);
    }
}

/* Tells of a new span and returns its identity, or 0 when there was no room. */
uint64_t cti_tape_new(const cti_tape *tape, ctrace_span *span, cti_taped *taped);

/* Before a record that says its span itself. False when there was no room. */
static inline bool cti_tape_settle(const cti_tape *tape) {
    return CTRACE_I_LIKELY(tape->track->task == tape->task) || cti_tape_stand(tape, 0);
}

#endif

#include "sinks/recorder_pen.h"

#include <string.h>

#include "base/clock.h"
#include "core/walk.h"
#include "record/span.h"

enum { DEEPEST = 64 }; /* so many open spans are told anew in a segment */

/* ---- Spans ---- */

uint64_t cti_tape_new(const cti_tape *tape, ctrace_span *span, cti_taped *taped) {
    const uint64_t parent = cti_tape_outward(tape, span->parent);
    const ctrace_value *values = cti_load_acquire(&span->fields.values);
    cti_put put;
    if (!cti_tape_begin(tape, &put, cti_put_new_size(span, parent, values), span->site->id)) {
        return 0;
    }
    cti_tape_end(tape, &put, cti_put_new(&put, span, parent, values));
    taped->parent = parent;
    /* release: in a forked child, others may be about to tell it, too */
    cti_store_release(&taped->generation, tape->recorder->generation);
    return span->id;
}

uint64_t cti_tape_outward(const cti_tape *tape, ctrace_span *span) {
    for (; span != NULL; span = span->parent) {
        cti_taped *taped = ctrace_span_data(span, &tape->recorder->base);
        if (cti_is_taped(tape->recorder, taped)) {
            return span->id;
        }
        if (taped != NULL && taped->generation != 0 && tape->lane == CTI_FILE_OWN &&
            cti_tape_new(tape, span, taped) != 0) {
            return span->id;
        }
    }
    return 0;
}

/* ---- Where the thread stands ---- */

static void put_stand(const cti_tape *tape, cti_put *put) {
    cti_put_word(put, tape->track->task);
    cti_put_word(put, tape->track->here);
    cti_tape_end(tape, put, CTI_RECORD_STAND);
}

bool cti_tape_stand(const cti_tape *tape, uint64_t span) {
    cti_put put;
    if (tape->lane != CTI_FILE_OWN || !cti_tape_begin(tape, &put, CTI_RECORD_STAND_SIZE, 0)) {
        return false;
    }
    cti_route_forget(&tape->thread->route);
    tape->track->task = tape->task;
    tape->track->here = span;
    put_stand(tape, &put);
    return true;
}

/* ---- The beginning of a segment ---- */

/* Begins a record in this segment, and only here. */
static bool begin_here(const cti_tape *tape, cti_put *put, size_t least, uint32_t subject) {
    cti_lane *lane = &tape->track->region.lanes[CTI_FILE_OWN];
    return cti_lane_begin(lane, put, least, subject, tape->time);
}

static void tell_time(const cti_tape *tape) {
    const uint64_t monotonic_ns = cti_clock_monotonic_ns();
    const uint64_t realtime_ns = cti_clock_realtime_ns();
    cti_put put;
    for (unsigned i = 0; i < CTI_FILE_SAID; i++) {
        if (begin_here(tape, &put, CTI_RECORD_STAND_SIZE, CTI_RECORD_VERSION)) {
            cti_put_word(&put, monotonic_ns);
            cti_put_word(&put, realtime_ns);
            cti_tape_end(tape, &put, CTI_RECORD_CALIBRATION);
        }
    }
}

/* With the task that the entries below belong to: the record that a segment begins for may be the
 * one that says so. */
static bool tell_thread_once(const cti_tape *tape) {
    const ctrace_thread *about = cti_thread_about(tape->thread);
    const size_t size = strlen(about->name) + 1;
    const size_t whole = CTI_RECORD_HEADER + 4 * 8 + size;
    cti_put put;
    if (!begin_here(tape, &put, whole, (uint32_t)tape->track->region.owner)) {
        return false;
    }
    cti_put_word(&put, about->id);
    cti_put_word(&put, about->process_id);
    cti_put_word(&put, cti_trace_key());
    cti_put_word(&put, tape->task);
    memcpy(put.at, about->name, size);
    put.at += size;
    cti_tape_end(tape, &put, CTI_RECORD_THREAD);
    return true;
}

static bool tell_thread(const cti_tape *tape) {
    bool told = false;
    for (unsigned i = 0; i < CTI_FILE_SAID; i++) {
        told |= tell_thread_once(tape);
    }
    return told;
}

/* A span that is in the file. A new one is not until its record is. */
static void tell_again(const cti_tape *tape, ctrace_span *span) {
    const cti_taped *taped = ctrace_span_data(span, &tape->recorder->base);
    const ctrace_value *values = cti_load_acquire(&span->fields.values);
    cti_put put;
    if (cti_is_taped(tape->recorder, taped) &&
        begin_here(tape, &put, cti_put_new_size(span, taped->parent, values), span->site->id)) {
        cti_tape_end(tape, &put, cti_put_new(&put, span, taped->parent, values));
    }
}

/* The open spans around here, from the outermost on. One that is being left is none of them any
 * more, but what comes next is about it. */
static void tell_spans_again(const cti_tape *tape) {
    ctrace_span *open[DEEPEST];
    size_t count = 0;
    if (tape->leaving != NULL) {
        open[count++] = tape->leaving;
    }
    for (ctrace_span *span = tape->thread->scope->current; span != NULL && count < DEEPEST;
         span = span->parent) {
        open[count++] = span;
    }
    while (count > 0) {
        tell_again(tape, open[--count]);
    }
}

static bool tell_entry_again(const cti_tape *tape, ctrace_span *span) {
    const cti_taped *taped = ctrace_span_data(span, &tape->recorder->base);
    cti_put put;
    if (!cti_is_taped(tape->recorder, taped) || !begin_here(tape, &put, CTI_RECORD_SPAN_SIZE, 0)) {
        return false;
    }
    cti_put_word(&put, span->id);
    cti_tape_end(tape, &put, CTI_RECORD_SPAN_ENTER);
    return true;
}

/* How they are entered. A task enters and leaves its spans one by one: those inside the one that is
 * entered or left just now are not entered, or not any more. */
static void tell_entries_again(const cti_tape *tape) {
    ctrace_span *entered[DEEPEST];
    const ctrace_span *about = tape->entering != NULL ? tape->entering : tape->leaving;
    size_t count = 0;
    cti_walk walk = cti_walk_begin(&cti_self);
    ctrace_span *span;
    while (count < DEEPEST && (span = cti_walk_next(&walk)) != NULL) {
        if (span == about) {
            count = 0;
            about = NULL;
        } else {
            entered[count++] = span;
        }
    }
    tape->track->untold = 0;
    tape->track->promised = 0;
    while (count > 0) {
        if (tell_entry_again(tape, entered[--count])) {
            tape->track->promised += CTI_TAPE_ENDS_SIZE;
        }
    }
    if (tape->leaving != NULL) {
        tell_entry_again(tape, tape->leaving);
    }
}

/* False when there is no room for whose the stream is and where it stands. */
static bool tell_all(const cti_tape *tape) {
    cti_put put;
    tell_time(tape);
    if (!tell_thread(tape)) {
        return false;
    }
    tell_spans_again(tape);
    tell_entries_again(tape);
    if (!begin_here(tape, &put, CTI_RECORD_STAND_SIZE, 0)) {
        return false;
    }
    put_stand(tape, &put);
    return true;
}

bool cti_tape_turn(const cti_tape *tape, size_t least) {
    cti_recorder *recorder = tape->recorder;
    const size_t most = recorder->file.segment_size * 3 / 4;
    cti_route_forget(&tape->thread->route); /* it knows where this segment's room ends */
    if (least > most || tape->thread->interrupted ||
        !cti_region_advance(recorder, &tape->track->region, false)) {
        return false;
    }
    tell_all(tape);
    return cti_track_has_room(tape->track, least);
}

bool cti_tape_introduce(const cti_tape *tape) {
    cti_track *track = tape->track;
    cti_route_forget(&tape->thread->route);
    track->introduced = true; /* a handler that comes meanwhile does not do it */
    track->task = tape->task;
    track->here = 0;
    track->introduced = tell_all(tape) || cti_tape_turn(tape, 0);
    return track->introduced;
}

/* Spans on their way into the file. */
#include "core/scratch.h"
#include "core/stats.h"
#include "record/remote.h"
#include "record/span.h"
#include "sinks/recorder_pen.h"

static cti_taped *taped_of(ctrace_subscriber *subscriber, ctrace_span *span) {
    return ctrace_span_data(span, subscriber);
}

void cti_recorder_on_span_new(ctrace_subscriber *subscriber, ctrace_span *span,
                              const ctrace_moment *moment) {
    cti_tape tape = {.entering = NULL};
    uint64_t told = 0;
    if (!cti_recorder_misses(cti_recorder_of(subscriber), span->site) &&
        cti_tape_take(&tape, subscriber, moment)) {
        if (tape.lane == CTI_FILE_OWN && cti_tape_settle(&tape)) {
            cti_tape_identify(tape.track, span);
            told = cti_tape_new(&tape, span, taped_of(subscriber, span));
        }
        cti_tape_give(&tape);
    }
    if (told == 0) {
        cti_lost_span(&span->site->description);
    }
}

/* A record that consists of its span, if there is room for `later` bytes more. */
static bool put_span(const cti_tape *tape, cti_record_kind kind, const ctrace_span *span,
                     size_t later) {
    cti_put put;
    if (!cti_tape_settle(tape) || !cti_tape_begin(tape, &put, CTI_RECORD_SPAN_SIZE + later, 0)) {
        return false;
    }
    cti_put_word(&put, span->id);
    cti_tape_end(tape, &put, kind);
    return true;
}

/* What is entered inside a span of which the stream does not tell is not told, so that ends find
 * their beginnings by counting. */
static bool tell_enter(const cti_tape *tape, ctrace_span *span) {
    cti_track *track = tape->track;
    if (cti_tape_outward(tape, span) != span->id || span->id == 0 || track->untold != 0 ||
        !put_span(tape, CTI_RECORD_SPAN_ENTER, span, CTI_TAPE_ENDS_SIZE)) {
        return false;
    }
    track->promised += CTI_TAPE_ENDS_SIZE;
    track->here = span->id;
    return true;
}

void cti_recorder_on_span_enter(ctrace_subscriber *subscriber, ctrace_span *span,
                                const ctrace_moment *moment) {
    cti_tape tape = {.entering = span};
    if (!cti_tape_take(&tape, subscriber, moment)) {
        return;
    }
    cti_route_forget(&tape.thread->route);
    if (tape.lane == CTI_FILE_OWN && !tell_enter(&tape, span)) {
        tape.track->untold += 1;
    }
    cti_tape_give(&tape);
}

/* Whether it could be told; of a span that is not in the file there is nothing to tell. */
static bool tell_exit(const cti_tape *tape, ctrace_span *span) {
    const cti_taped *taped = taped_of(&tape->recorder->base, span);
    cti_track *track = tape->track;
    cti_route_forget(&tape->thread->route);
    if (track->untold != 0) {
        track->untold -= 1;
        return true;
    }
    if (!cti_is_taped(tape->recorder, taped)) {
        return true;
    }
    if (track->promised >= CTI_TAPE_ENDS_SIZE) { /* else it was entered before a fork */
        track->promised -= CTI_TAPE_ENDS_SIZE;
    }
    if (!put_span(tape, CTI_RECORD_SPAN_EXIT, span, 0)) {
        return false;
    }
    track->here = taped->parent;
    return true;
}

void cti_recorder_on_span_exit(ctrace_subscriber *subscriber, ctrace_span *span,
                               const ctrace_moment *moment) {
    cti_tape tape = {.leaving = span};
    bool told = !cti_is_taped(cti_recorder_of(subscriber), taped_of(subscriber, span));
    if (cti_tape_take(&tape, subscriber, moment)) {
        told = tape.lane == CTI_FILE_OWN ? tell_exit(&tape, span) : told;
        cti_tape_give(&tape);
    }
    if (!told) {
        cti_count(CTI_RECORDS_DROPPED, 1);
    }
}

void cti_recorder_on_span_close(ctrace_subscriber *subscriber, ctrace_span *span,
                                const ctrace_moment *moment) {
    bool told = !cti_is_taped(cti_recorder_of(subscriber), taped_of(subscriber, span));
    cti_tape tape = {.leaving = NULL};
    if (!told && cti_tape_take(&tape, subscriber, moment)) {
        told = tape.lane == CTI_FILE_OWN && put_span(&tape, CTI_RECORD_SPAN_CLOSE, span, 0);
        cti_tape_give(&tape);
    }
    if (!told) {
        cti_count(CTI_RECORDS_DROPPED, 1);
    }
}

static bool tell_recorded(const cti_tape *tape, const ctrace_span *span,
                          const ctrace_fields *fields) {
    cti_put put;
    if (!cti_tape_settle(tape) || !cti_tape_begin(tape, &put, cti_put_recorded_size(fields), 0)) {
        return false;
    }
    cti_put_recorded(&put, span, fields);
    cti_tape_end(tape, &put, CTI_RECORD_SPAN_RECORD);
    return true;
}

void cti_recorder_on_span_record(ctrace_subscriber *subscriber, ctrace_span *span,
                                 const ctrace_fields *fields, const ctrace_moment *moment) {
    cti_tape tape = {.entering = NULL};
    bool told = false;
    if (cti_tape_take(&tape, subscriber, moment)) {
        told = tape.lane == CTI_FILE_OWN &&
               cti_is_taped(tape.recorder, taped_of(subscriber, span)) &&
               tell_recorded(&tape, span, fields);
        cti_tape_give(&tape);
    }
    if (!told) {
        cti_count(CTI_VALUES_LOST, fields->count);
    }
}

static bool tell_follows(const cti_tape *tape, const ctrace_span *span, ctrace_span *cause) {
    const ctrace_span *remote = cti_span_is_remote(cause) ? cause : NULL;
    const size_t size = CTI_RECORD_HEADER + 2 * 8 + cti_put_remote_size(remote);
    cti_put put;
    if (!cti_tape_settle(tape) || (remote == NULL && cti_tape_outward(tape, cause) != cause->id) ||
        !cti_tape_begin(tape, &put, size, 0)) {
        return false;
    }
    cti_put_word(&put, span->id);
    cti_put_word(&put, remote == NULL ? cause->id : 0);
    cti_put_remote(&put, remote);
    cti_tape_end(tape, &put, CTI_RECORD_SPAN_FOLLOWS);
    return true;
}

void cti_recorder_on_span_follows(ctrace_subscriber *subscriber, ctrace_span *span,
                                  const ctrace_span *cause, const ctrace_moment *moment) {
    cti_tape tape = {.entering = NULL};
    bool told = false;
    if (cti_tape_take(&tape, subscriber, moment)) {
        told = tape.lane == CTI_FILE_OWN &&
               cti_is_taped(tape.recorder, taped_of(subscriber, span)) &&
               tell_follows(&tape, span, (ctrace_span *)(uintptr_t)cause);
        cti_tape_give(&tape);
    }
    if (!told) {
        cti_count(CTI_RECORDS_DROPPED, 1);
    }
}

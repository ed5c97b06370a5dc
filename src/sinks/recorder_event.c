/* Events on their way into the file. */
#include "core/scratch.h"
#include "record/content.h"
#include "sinks/recorder_pen.h"

/* Before a record that belongs to where the thread stands; false when that could not be said. A
 * handler's record cannot change where that is: what it interrupted may be about to. */
static inline bool settle_span(const cti_tape *tape, ctrace_span *span) {
    if (CTRACE_I_UNLIKELY(tape->lane != CTI_FILE_OWN)) {
        return true;
    }
    const uint64_t here = span == NULL ? 0 : cti_tape_outward(tape, span);
    return (tape->track->here == here && tape->track->task == tape->task) ||
           cti_tape_stand(tape, here);
}

/* Asks for as much room as there must be. */
static bool put_large(const cti_tape *tape, const cti_content *content, uint32_t site) {
    const size_t size = cti_content_size(content);
    cti_put put;
    if (size > CTI_RECORD_LONGEST / 2 || !cti_tape_begin(tape, &put, size, site) ||
        !cti_put_content(&put, content)) {
        return false;
    }
    cti_tape_end(tape, &put, content->kind);
    return true;
}

/* TRACE_LAZY texts are written first; a handler, which must not allocate, cannot do that. */
static bool put_lazy(const cti_tape *tape, const cti_content *given, uint32_t site) {
    ctrace_value values[CTI_RECORD_VALUES];
    cti_content content = *given;
    ctrace_buf *texts = tape->thread->interrupted ? NULL : cti_scratch_take();
    const bool put = texts != NULL && cti_content_settle(&content, values, texts) &&
                     put_large(tape, &content, site);
    cti_scratch_give(texts);
    return put;
}

/* One with a message of its own, with strings that are too long for the room that is known, or
 * texts to be written. */
static CTRACE_I_COLD bool put_uncommon(const cti_tape *tape, const ctrace_event *event) {
    ctrace_value values[CTI_RECORD_VALUES];
    cti_content content;
    cti_content_of(event, values, &content);
    return cti_content_has_lazy(&content) ? put_lazy(tape, &content, event->site->id)
                                          : put_large(tape, &content, event->site->id);
}

static inline bool put_plain(const cti_tape *tape, const ctrace_event *event) {
    const size_t least = CTI_RECORD_HEADER + cti_put_fixed(event->fields.count);
    cti_put put;
    if (!cti_tape_begin(tape, &put, least, event->site->id) ||
        !cti_put_values(&put, event->fields.values, event->fields.count)) {
        return false;
    }
    cti_tape_end(tape, &put, CTI_RECORD_EVENT);
    return true;
}

static void lose(const ctrace_event *event) {
    if (cti_event_tells_losses(event)) {
        ((ctrace_event *)(uintptr_t)event)->refused = true; /* ours, on this thread's stack */
    } else {
        cti_lost_event(&event->site->description);
    }
}

static bool record(const cti_tape *tape, const ctrace_event *event) {
    const ctrace_callsite *site = &event->site->description;
    if (!settle_span(tape, event->span)) {
        return false; /* it would seem to have happened elsewhere */
    }
    const bool plain = event->message == site->name && event->fields.count == site->field_count;
    return (CTRACE_I_LIKELY(plain) && CTRACE_I_LIKELY(put_plain(tape, event))) ||
           put_uncommon(tape, event);
}

void cti_recorder_on_event(ctrace_subscriber *subscriber, const ctrace_event *event,
                           const ctrace_moment *moment) {
    cti_tape tape = {.entering = NULL};
    bool kept = false;
    if (!cti_recorder_misses(cti_recorder_of(subscriber), event->site) &&
        CTRACE_I_LIKELY(cti_tape_take(&tape, subscriber, moment))) {
        kept = record(&tape, event);
        cti_tape_give(&tape);
    }
    if (CTRACE_I_UNLIKELY(!kept)) {
        lose(event);
    }
}

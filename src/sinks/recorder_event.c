/* Events on their way into the file. */
#include <string.h>

#include "core/scratch.h"
#include "core/value.h"
#include "record/printf.h"
#include "sinks/recorder_pen.h"

/* An event as a record: its values, or a printf form's arguments; and before them its message where
 * that is not the callsite's. */
typedef struct recorded_event {
    cti_record_kind kind;
    const ctrace_value *text; /* NULL: the callsite says it */
    const ctrace_value *values;
    uint32_t count;
} recorded_event;

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

static inline bool put_content(cti_put *put, const recorded_event *event) {
    return (event->text == NULL || cti_put_value(put, event->text)) &&
           (size_t)(put->limit - put->at) >= cti_put_fixed(event->count) &&
           cti_put_values(put, event->values, event->count);
}

static inline size_t least_size(const recorded_event *event) {
    return CTI_RECORD_HEADER + 1 + CTI_RECORD_VALUE_FIXED * ((size_t)event->count + 1);
}

/* Asks for as much room as there must be. */
static bool put_large(const cti_tape *tape, const recorded_event *event, uint32_t site) {
    cti_put put;
    size_t size = cti_put_size(CTI_RECORD_HEADER, event->values, event->count);
    size += event->text == NULL ? 0 : cti_put_size(0, event->text, 1);
    if (size > CTI_RECORD_LONGEST / 2 || !cti_tape_begin(tape, &put, size) ||
        !put_content(&put, event)) {
        return false;
    }
    cti_tape_end(tape, &put, event->kind, site);
    return true;
}

static bool has_lazy(const recorded_event *event) {
    for (uint32_t i = 0; i < event->count; i++) {
        if (event->values[i].kind == CTRACE_VALUE_LAZY) {
            return true;
        }
    }
    return false;
}

/* TRACE_LAZY texts are written first; a handler, which must not allocate, cannot do that. */
static bool put_lazy(const cti_tape *tape, const recorded_event *given, uint32_t site) {
    ctrace_value values[CTI_RECORD_VALUES];
    recorded_event event = *given;
    size_t bytes;
    ctrace_buf *texts =
        tape->thread->interrupted || given->count > CTI_RECORD_VALUES ? NULL : cti_scratch_take();
    if (texts == NULL) {
        return false;
    }
    memcpy(values, given->values, given->count * sizeof values[0]);
    event.values = values;
    const bool put =
        cti_values_settle(values, given->count, texts, &bytes) && put_large(tape, &event, site);
    cti_scratch_give(texts);
    return put;
}

static inline bool put_event(const cti_tape *tape, const recorded_event *event, uint32_t site) {
    cti_put put;
    if (CTRACE_I_LIKELY(cti_tape_begin(tape, &put, least_size(event)) &&
                        put_content(&put, event))) {
        cti_tape_end(tape, &put, event->kind, site);
        return true;
    }
    return has_lazy(event) ? put_lazy(tape, event, site) : put_large(tape, event, site);
}

/* The arguments, if the format could be taken apart; else the finished text. */
static bool put_formatted(const cti_tape *tape, const ctrace_event *event) {
    ctrace_value values[CTI_RECORD_VALUES];
    ctrace_value text;
    recorded_event recorded = {CTI_RECORD_EVENT_FORMAT, NULL, values, 0};
    const cti_printf *parsed = cti_load_acquire(&event->site->format);
    if (parsed != NULL && event->message == NULL) {
        recorded.count = cti_printf_collect(parsed, event->site->description.name,
                                            event->arguments->list, values);
    } else {
        size_t size;
        const char *message = ctrace_event_message(event, &size);
        text = ctrace_i_box_strn(message, size);
        recorded.kind = CTI_RECORD_EVENT_TEXT;
        recorded.text = &text;
        recorded.values = event->fields.values;
        recorded.count = event->fields.count;
    }
    return put_event(tape, &recorded, event->site->id);
}

static void lose(const ctrace_event *event) {
    if (cti_event_tells_losses(event)) {
        ((ctrace_event *)(uintptr_t)event)->refused = true; /* ours, on this thread's stack */
    } else {
        cti_lost_event(&event->site->description);
    }
}

static bool record(const cti_tape *tape, const ctrace_event *event) {
    if (!settle_span(tape, event->span)) {
        return false; /* it would seem to have happened elsewhere */
    }
    if (event->message != event->site->description.name) {
        return put_formatted(tape, event);
    }
    const recorded_event plain = {CTI_RECORD_EVENT, NULL, event->fields.values,
                                  event->fields.count};
    return put_event(tape, &plain, event->site->id);
}

void cti_recorder_on_event(ctrace_subscriber *subscriber, const ctrace_event *event,
                           const ctrace_moment *moment) {
    cti_tape tape;
    bool kept = false;
    if (CTRACE_I_LIKELY(cti_tape_take(&tape, subscriber, moment, NULL))) {
        kept = record(&tape, event);
        cti_tape_give(&tape);
    }
    if (CTRACE_I_UNLIKELY(!kept)) {
        lose(event);
    }
}

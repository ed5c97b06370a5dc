/* Events on their way into the ring. */
#include <string.h>

#include "compose/deferred_pen.h"
#include "core/scratch.h"
#include "core/status.h"
#include "core/value.h"
#include "record/printf.h"

/* Before a record that belongs to where the thread stands; false when that could not be said. A
 * handler's record cannot change where that is: what it interrupted may be about to. */
static inline bool settle_span(const cti_pen *pen, const ctrace_moment *moment, ctrace_span *span,
                               uint64_t time) {
    if (CTRACE_I_UNLIKELY(pen->lane != CTI_LANE_OWN)) {
        return true;
    }
    const uint64_t here = cti_told_outward(pen, span, time);
    return (pen->source->here == here && pen->source->task == moment->task_id) ||
           cti_tell_stand(pen, moment->task_id, here, time);
}

/* An event as a record: its values, or a printf form's arguments; and before them its message where
 * that is not the callsite's. */
typedef struct record_content {
    cti_record_kind kind;
    const ctrace_value *text; /* NULL: the callsite says it */
    const ctrace_value *values;
    uint32_t count;
} record_content;

static bool put_content(cti_put *put, const record_content *content) {
    if (content->text != NULL && !cti_put_value(put, content->text)) {
        return false;
    }
    return (size_t)(put->limit - put->at) >= cti_put_fixed(content->count) &&
           cti_put_values(put, content->values, content->count);
}

static bool has_lazy(const record_content *content) {
    for (uint32_t i = 0; i < content->count; i++) {
        if (content->values[i].kind == CTRACE_VALUE_LAZY) {
            return true;
        }
    }
    return false;
}

/* Asks for as much room as there must be. */
static bool put_large(const cti_pen *pen, const record_content *content, uint32_t site,
                      uint64_t time) {
    cti_put put;
    size_t size = cti_put_size(CTI_RECORD_HEADER, content->values, content->count);
    size += content->text == NULL ? 0 : cti_put_size(0, content->text, 1);
    if (!cti_pen_begin(pen, &put, cti_record_padded(size), true) || !put_content(&put, content)) {
        return false;
    }
    cti_pen_end(pen, &put, content->kind, site, time);
    return true;
}

/* TRACE_LAZY texts are written first; a handler, which must not allocate, cannot do that. */
static bool put_lazy(const cti_pen *pen, const record_content *given, uint32_t site,
                     uint64_t time) {
    ctrace_value values[CTI_RECORD_VALUES];
    record_content content = *given;
    size_t bytes;
    ctrace_buf *texts = pen->thread->interrupted ? NULL : cti_scratch_take();
    if (texts == NULL || given->count > CTI_RECORD_VALUES) {
        return false;
    }
    memcpy(values, given->values, given->count * sizeof values[0]);
    content.values = values;
    const bool put = cti_values_settle(values, given->count, texts, &bytes) &&
                     put_large(pen, &content, site, time);
    cti_scratch_give(texts);
    return put;
}

static bool put_any(const cti_pen *pen, const record_content *content, uint32_t site,
                    uint64_t time) {
    return has_lazy(content) ? put_lazy(pen, content, site, time)
                             : put_large(pen, content, site, time);
}

/* One with strings that are too long for the room that is known, or texts to be written. */
static CTRACE_I_COLD bool put_uncommon(const cti_pen *pen, const ctrace_event *event,
                                       uint64_t time) {
    const record_content content = {CTI_RECORD_EVENT, NULL, event->fields.values,
                                    event->fields.count};
    return put_any(pen, &content, event->site->id, time);
}

static inline bool put_plain(const cti_pen *pen, const ctrace_event *event, uint64_t time) {
    const uint32_t count = event->fields.count;
    cti_put put;
    if (CTRACE_I_LIKELY(cti_pen_begin(pen, &put, CTI_RECORD_HEADER + cti_put_fixed(count), true) &&
                        cti_put_values(&put, event->fields.values, count))) {
        cti_pen_end(pen, &put, CTI_RECORD_EVENT, event->site->id, time);
        return true;
    }
    return put_uncommon(pen, event, time);
}

/* The arguments, if the format could be taken apart; else the finished text. */
static CTRACE_I_NOINLINE bool put_formatted(const cti_pen *pen, const ctrace_event *event,
                                            uint64_t time) {
    ctrace_value values[CTI_RECORD_VALUES];
    ctrace_value text;
    record_content content = {CTI_RECORD_EVENT_FORMAT, NULL, values, 0};
    const cti_printf *parsed = cti_load_acquire(&event->site->format);
    if (parsed != NULL && event->message == NULL) {
        content.count = cti_printf_collect(parsed, event->site->description.name,
                                           event->arguments->list, values);
    } else {
        size_t size;
        const char *message = ctrace_event_message(event, &size);
        text = ctrace_i_box_strn(message, size);
        content.kind = CTI_RECORD_EVENT_TEXT;
        content.text = &text;
        content.values = event->fields.values;
        content.count = event->fields.count;
    }
    return put_any(pen, &content, event->site->id, time);
}

static void lose_event(cti_deferred *deferred, const ctrace_event *event) {
    if (cti_event_tells_losses(event)) {
        ((ctrace_event *)(uintptr_t)event)->refused = true; /* ours, on this thread's stack */
        return;
    }
    cti_lost_event(&event->site->description);
    cti_fetch_add(&deferred->losses, 1u);
}

void cti_defer_event(ctrace_subscriber *subscriber, const ctrace_event *event,
                     const ctrace_moment *moment) {
    cti_pen pen;
    if (!cti_pen_take(&pen, subscriber)) {
        lose_event(cti_deferred_of(subscriber), event);
        return;
    }
    const uint64_t time = cti_moment_ticks(moment);
    bool kept = settle_span(&pen, moment, event->span, time); /* else it would seem elsewhere */
    if (CTRACE_I_LIKELY(kept)) {
        kept = CTRACE_I_LIKELY(event->message == event->site->description.name)
                   ? put_plain(&pen, event, time)
                   : put_formatted(&pen, event, time);
    }
    cti_pen_give(&pen);
    if (CTRACE_I_UNLIKELY(!kept)) {
        lose_event(pen.deferred, event);
    }
}

/* ---- Formats ---- */

bool cti_defer_format(cti_site *site) {
    static bool complained;
    cti_printf *parsed = NULL;
    if (site->format != NULL) {
        return true;
    }
    if (cti_printf_parse(site->description.name, &parsed) == CTI_PRINTF_WRITES) {
        cti_complain_once(&complained, "%s:%u: a message with %%n is not emitted",
                          site->description.file, (unsigned)site->description.line);
        return false;
    }
    cti_store_release(&site->format, (void *)parsed); /* NULL: formatted where it is emitted */
    return true;
}

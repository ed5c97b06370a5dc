/* Events on their way into the ring. */
#include "compose/deferred_pen.h"
#include "core/scratch.h"
#include "core/status.h"
#include "record/content.h"
#include "record/printf.h"

/* Before a record that belongs to where the thread stands; false when that could not be said. A
 * handler's record cannot change where that is: what it interrupted may be about to. */
static inline bool settle_span(const cti_pen *pen, ctrace_span *span) {
    if (CTRACE_I_UNLIKELY(pen->lane != CTI_LANE_OWN)) {
        return true;
    }
    const uint64_t here = cti_told_outward(pen, span);
    return CTRACE_I_LIKELY(pen->source->here == here && pen->source->task == pen->task) ||
           cti_tell_stand(pen, here);
}

/* Asks for as much room as there must be. */
static bool put_large(const cti_pen *pen, const cti_content *content, uint32_t site) {
    cti_put put;
    if (!cti_pen_begin(pen, &put, cti_content_size(content), site, true) ||
        !cti_put_content(&put, content)) {
        return false;
    }
    cti_pen_end(pen, &put, content->kind);
    return true;
}

/* TRACE_LAZY texts are written first; a handler, which must not allocate, cannot do that. */
static bool put_lazy(const cti_pen *pen, const cti_content *given, uint32_t site) {
    ctrace_value values[CTI_RECORD_VALUES];
    cti_content content = *given;
    ctrace_buf *texts = pen->thread->interrupted ? NULL : cti_scratch_take();
    const bool put = texts != NULL && cti_content_settle(&content, values, texts) &&
                     put_large(pen, &content, site);
    cti_scratch_give(texts);
    return put;
}

/* One with a message of its own, with strings that are too long for the room that is known, or
 * texts to be written. */
static CTRACE_I_COLD bool put_uncommon(const cti_pen *pen, const ctrace_event *event) {
    ctrace_value values[CTI_RECORD_VALUES];
    cti_content content;
    cti_content_of(event, values, &content);
    return cti_content_has_lazy(&content) ? put_lazy(pen, &content, event->site->id)
                                          : put_large(pen, &content, event->site->id);
}

static inline bool put_plain(const cti_pen *pen, const ctrace_event *event) {
    const uint32_t count = event->fields.count;
    cti_put put;
    if (!cti_pen_begin(pen, &put, CTI_RECORD_HEADER + cti_put_fixed(count), event->site->id,
                       true) ||
        !cti_put_values(&put, event->fields.values, count)) {
        return false;
    }
    cti_pen_end(pen, &put, CTI_RECORD_EVENT);
    return true;
}

/* Whether it is a message known beforehand and as many values as there are fields. */
static inline bool is_plain(const ctrace_event *event) {
    const ctrace_callsite *site = &event->site->description;
    return event->message == site->name && event->fields.count == site->field_count;
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
    if (CTRACE_I_UNLIKELY(!cti_pen_take(&pen, subscriber, moment))) {
        lose_event(cti_deferred_of(subscriber), event);
        return;
    }
    bool kept = settle_span(&pen, event->span); /* else it would seem elsewhere */
    if (CTRACE_I_LIKELY(kept)) {
        kept = (CTRACE_I_LIKELY(is_plain(event)) && CTRACE_I_LIKELY(put_plain(&pen, event))) ||
               put_uncommon(&pen, event);
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

/* What happens to spans, on its way into the ring. */
#include <string.h>

#include "compose/deferred_pen.h"
#include "core/scratch.h"
#include "core/stats.h"
#include "record/remote.h"

static cti_told *told_of(ctrace_subscriber *subscriber, ctrace_span *span) {
    return ctrace_span_data(span, subscriber);
}

static void lose_span(cti_deferred *deferred, const ctrace_span *span) {
    cti_lost_span(&span->site->description);
    cti_fetch_add(&deferred->losses, 1u);
}

void cti_defer_span_new(ctrace_subscriber *subscriber, ctrace_span *span,
                        const ctrace_moment *moment) {
    cti_pen pen;
    uint64_t told = 0;
    if (cti_pen_take(&pen, subscriber)) {
        if (pen.lane == CTI_LANE_OWN) {
            const uint64_t time = cti_moment_ticks(moment);
            cti_told_identify(pen.source, span);
            cti_pen_settle_task(&pen, moment, time);
            told = cti_tell_new(&pen, span, told_of(subscriber, span), time);
        }
        cti_pen_give(&pen);
    }
    if (told == 0) {
        lose_span(cti_deferred_of(subscriber), span);
    }
}

/* A record that consists of its span. There is room. */
static void put_span(const cti_pen *pen, cti_put *put, cti_record_kind kind,
                     const ctrace_span *span, uint64_t time) {
    cti_put_word(put, span->id);
    cti_pen_end(pen, put, kind, 0, time);
}

static void tell_enter(const cti_pen *pen, const ctrace_span *span, const ctrace_moment *moment) {
    const uint64_t time = cti_moment_ticks(moment);
    cti_source *source = pen->source;
    cti_put put;
    cti_pen_settle_task(pen, moment, time);
    /* what is entered inside a span that was not told is not told, so that ends find their
     * beginnings by counting */
    if (source->untold != 0 || source->task != ctrace_moment_task_id(moment) ||
        !cti_pen_begin(pen, &put, CTI_RECORD_SPAN_SIZE + CTI_ENDS_SIZE, true)) {
        source->untold += 1;
        return;
    }
    put_span(pen, &put, CTI_RECORD_SPAN_ENTER, span, time);
    source->rings[CTI_LANE_OWN]->promised += CTI_ENDS_SIZE;
    source->here = span->id;
}

void cti_defer_span_enter(ctrace_subscriber *subscriber, ctrace_span *span,
                          const ctrace_moment *moment) {
    cti_pen pen;
    if (!cti_pen_take(&pen, subscriber)) {
        return;
    }
    const uint64_t time = cti_moment_ticks(moment);
    if (pen.lane == CTI_LANE_OWN && cti_told_outward(&pen, span, time) == span->id) {
        tell_enter(&pen, span, moment);
    } else {
        pen.source->untold += 1;
    }
    cti_pen_give(&pen);
}

static void tell_exit(const cti_pen *pen, const ctrace_span *span, const cti_told *told,
                      const ctrace_moment *moment) {
    const uint64_t time = cti_moment_ticks(moment);
    cti_ring *ring = pen->source->rings[CTI_LANE_OWN];
    cti_put put;
    if (ring->promised >= CTI_ENDS_SIZE) { /* else it was entered before a fork */
        ring->promised -= CTI_ENDS_SIZE;
    }
    cti_pen_settle_task(pen, moment, time);
    if (cti_pen_begin(pen, &put, CTI_RECORD_SPAN_SIZE, false)) {
        put_span(pen, &put, CTI_RECORD_SPAN_EXIT, span, time);
        pen->source->here = told->parent;
    }
}

void cti_defer_span_exit(ctrace_subscriber *subscriber, ctrace_span *span,
                         const ctrace_moment *moment) {
    cti_pen pen;
    if (!cti_pen_take(&pen, subscriber)) {
        return;
    }
    const cti_told *told = told_of(subscriber, span);
    if (pen.source->untold != 0) {
        pen.source->untold -= 1;
    } else if (pen.lane == CTI_LANE_OWN && cti_is_told(pen.deferred, told)) {
        tell_exit(&pen, span, told, moment);
    }
    cti_pen_give(&pen);
}

/* The span's memory is held, and the span itself put where the reader finds it. */
static void close_elsewhere(cti_deferred *deferred, ctrace_span *span, cti_told *told,
                            uint64_t time) {
    told->closed_at = time;
    told->span = span;
    cti_fetch_add(&span->holds, 1u);
    told->next = cti_load_relaxed(&deferred->closed);
    while (!cti_compare_exchange(&deferred->closed, &told->next, told)) {
    }
}

/* The room that was promised at its beginning is in the ring of the thread that entered it; who
 * closes it may be another, and never was promised anything. */
void cti_defer_span_close(ctrace_subscriber *subscriber, ctrace_span *span,
                          const ctrace_moment *moment) {
    cti_deferred *deferred = cti_deferred_of(subscriber);
    cti_told *told = told_of(subscriber, span);
    const uint64_t time = cti_moment_ticks(moment);
    cti_pen pen;
    bool put_down = !cti_is_told(deferred, told);
    if (!put_down && cti_pen_take(&pen, subscriber)) {
        cti_put put;
        if (pen.lane == CTI_LANE_OWN && cti_is_told(deferred, told) &&
            cti_pen_begin(&pen, &put, CTI_RECORD_SPAN_SIZE, false)) {
            put_span(&pen, &put, CTI_RECORD_SPAN_CLOSE, span, time);
            put_down = true;
        }
        cti_pen_give(&pen);
    }
    if (!put_down) {
        close_elsewhere(deferred, span, told, time);
    }
}

/* The place of a key among the span's; the last one of that name. */
static uint8_t index_of(const ctrace_span *span, const char *key) {
    uint32_t i = span->fields.count;
    while (i > 1 && strcmp(span->fields.keys[i - 1], key) != 0) {
        i -= 1;
    }
    return (uint8_t)(i - 1);
}

static bool tell_record(const cti_pen *pen, const ctrace_span *span, const ctrace_fields *fields,
                        uint64_t time) {
    cti_put put;
    const size_t size =
        cti_put_size(CTI_RECORD_HEADER + 8 + fields->count, fields->values, fields->count);
    if (!cti_pen_begin(pen, &put, size, true)) {
        return false;
    }
    cti_put_word(&put, span->id);
    *put.at++ = (unsigned char)fields->count;
    for (uint32_t i = 0; i < fields->count; i++) {
        *put.at++ = index_of(span, fields->keys[i]);
        cti_put_value(&put, &fields->values[i]);
    }
    cti_pen_end(pen, &put, CTI_RECORD_SPAN_RECORD, 0, time);
    return true;
}

void cti_defer_span_record(ctrace_subscriber *subscriber, ctrace_span *span,
                           const ctrace_fields *fields, const ctrace_moment *moment) {
    cti_pen pen;
    bool told = false;
    if (cti_pen_take(&pen, subscriber)) {
        if (pen.lane == CTI_LANE_OWN && cti_is_told(pen.deferred, told_of(subscriber, span))) {
            const uint64_t time = cti_moment_ticks(moment);
            cti_pen_settle_task(&pen, moment, time);
            told = tell_record(&pen, span, fields, time);
        }
        cti_pen_give(&pen);
    }
    if (!told) {
        cti_count(CTI_VALUES_LOST, fields->count);
    }
}

static bool tell_follows(const cti_pen *pen, const ctrace_span *span, ctrace_span *cause,
                         const ctrace_moment *moment) {
    const uint64_t time = cti_moment_ticks(moment);
    const ctrace_span *remote = cti_span_is_remote(cause) ? cause : NULL;
    cti_put put;
    cti_pen_settle_task(pen, moment, time);
    if ((remote == NULL &&
         cti_told_outward(pen, span == cause ? NULL : cause, time) != cause->id) ||
        !cti_pen_begin(pen, &put, CTI_RECORD_STAND_SIZE + cti_put_remote_size(remote), true)) {
        return false;
    }
    cti_put_word(&put, span->id);
    cti_put_word(&put, remote == NULL ? cause->id : 0);
    cti_put_remote(&put, remote);
    cti_pen_end(pen, &put, CTI_RECORD_SPAN_FOLLOWS, 0, time);
    return true;
}

void cti_defer_span_follows(ctrace_subscriber *subscriber, ctrace_span *span,
                            const ctrace_span *cause, const ctrace_moment *moment) {
    cti_pen pen;
    bool told = false;
    if (cti_pen_take(&pen, subscriber)) {
        told = pen.lane == CTI_LANE_OWN && cti_is_told(pen.deferred, told_of(subscriber, span)) &&
               tell_follows(&pen, span, (ctrace_span *)(uintptr_t)cause, moment);
        cti_pen_give(&pen);
    }
    if (!told) {
        cti_count(CTI_RECORDS_DROPPED, 1);
    }
}

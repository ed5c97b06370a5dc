/* What happens to spans, on its way into the ring. */
#include "compose/deferred_pen.h"
#include "core/scratch.h"
#include "core/stats.h"
#include "record/remote.h"
#include "record/span.h"

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
    if (cti_pen_take(&pen, subscriber, moment)) {
        if (pen.lane == CTI_LANE_OWN) {
            cti_told_identify(pen.source, span);
            cti_pen_settle_task(&pen);
            told = cti_tell_new(&pen, span, told_of(subscriber, span));
        }
        cti_pen_give(&pen);
    }
    if (told == 0) {
        lose_span(cti_deferred_of(subscriber), span);
    }
}

/* A record that consists of its span. There is room. */
static void put_span(const cti_pen *pen, cti_put *put, cti_record_kind kind,
                     const ctrace_span *span) {
    cti_put_word(put, span->id);
    cti_pen_end(pen, put, kind);
}

static void tell_enter(const cti_pen *pen, const ctrace_span *span) {
    const size_t size = CTI_RECORD_SPAN_SIZE + CTI_ENDS_SIZE;
    cti_source *source = pen->source;
    cti_put put;
    cti_pen_settle_task(pen);
    /* what is entered inside a span that was not told is not told, so that ends find their
     * beginnings by counting */
    if (source->untold != 0 || source->task != pen->task ||
        !cti_pen_begin(pen, &put, size, 0, true)) {
        source->untold += 1;
        return;
    }
    put_span(pen, &put, CTI_RECORD_SPAN_ENTER, span);
    cti_ring_promise(source->rings[CTI_LANE_OWN], CTI_ENDS_SIZE);
    source->here = span->id;
}

void cti_defer_span_enter(ctrace_subscriber *subscriber, ctrace_span *span,
                          const ctrace_moment *moment) {
    cti_pen pen;
    if (!cti_pen_take(&pen, subscriber, moment)) {
        return;
    }
    cti_route_forget(&pen.thread->route);
    if (pen.lane == CTI_LANE_OWN && cti_told_outward(&pen, span) == span->id) {
        tell_enter(&pen, span);
    } else {
        pen.source->untold += 1;
    }
    cti_pen_give(&pen);
}

static void tell_exit(const cti_pen *pen, const ctrace_span *span, const cti_told *told) {
    cti_ring *ring = pen->source->rings[CTI_LANE_OWN];
    cti_put put;
    if (cti_ring_promised(ring) >= CTI_ENDS_SIZE) { /* else it was entered before a fork */
        cti_ring_redeem(ring, CTI_ENDS_SIZE);
    }
    cti_pen_settle_task(pen);
    if (cti_pen_begin(pen, &put, CTI_RECORD_SPAN_SIZE, 0, false)) {
        put_span(pen, &put, CTI_RECORD_SPAN_EXIT, span);
        pen->source->here = told->parent;
    }
}

void cti_defer_span_exit(ctrace_subscriber *subscriber, ctrace_span *span,
                         const ctrace_moment *moment) {
    cti_pen pen;
    if (!cti_pen_take(&pen, subscriber, moment)) {
        return;
    }
    const cti_told *told = told_of(subscriber, span);
    cti_route_forget(&pen.thread->route);
    if (pen.source->untold != 0) {
        pen.source->untold -= 1;
    } else if (pen.lane == CTI_LANE_OWN && cti_is_told(pen.deferred, told)) {
        tell_exit(&pen, span, told);
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
    cti_pen pen;
    bool put_down = !cti_is_told(deferred, told);
    if (!put_down && cti_pen_take(&pen, subscriber, moment)) {
        cti_put put;
        if (pen.lane == CTI_LANE_OWN && cti_is_told(deferred, told) &&
            cti_pen_begin(&pen, &put, CTI_RECORD_SPAN_SIZE, 0, false)) {
            put_span(&pen, &put, CTI_RECORD_SPAN_CLOSE, span);
            put_down = true;
        }
        cti_pen_give(&pen);
    }
    if (!put_down) {
        close_elsewhere(deferred, span, told, cti_moment_ticks(moment));
    }
}

static bool tell_record(const cti_pen *pen, const ctrace_span *span, const ctrace_fields *fields) {
    cti_put put;
    if (!cti_pen_begin(pen, &put, cti_put_recorded_size(fields), 0, true)) {
        return false;
    }
    cti_put_recorded(&put, span, fields);
    cti_pen_end(pen, &put, CTI_RECORD_SPAN_RECORD);
    return true;
}

void cti_defer_span_record(ctrace_subscriber *subscriber, ctrace_span *span,
                           const ctrace_fields *fields, const ctrace_moment *moment) {
    cti_pen pen;
    bool told = false;
    if (cti_pen_take(&pen, subscriber, moment)) {
        if (pen.lane == CTI_LANE_OWN && cti_is_told(pen.deferred, told_of(subscriber, span))) {
            cti_pen_settle_task(&pen);
            told = tell_record(&pen, span, fields);
        }
        cti_pen_give(&pen);
    }
    if (!told) {
        cti_count(CTI_VALUES_LOST, fields->count);
    }
}

static bool tell_follows(const cti_pen *pen, const ctrace_span *span, ctrace_span *cause) {
    const ctrace_span *remote = cti_span_is_remote(cause) ? cause : NULL;
    const size_t size = CTI_RECORD_STAND_SIZE + cti_put_remote_size(remote);
    cti_put put;
    cti_pen_settle_task(pen);
    if ((remote == NULL && cti_told_outward(pen, span == cause ? NULL : cause) != cause->id) ||
        !cti_pen_begin(pen, &put, size + CTI_RECORD_HEAD, 0, true)) {
        return false;
    }
    cti_put_word(&put, span->id);
    cti_put_word(&put, remote == NULL ? cause->id : 0);
    cti_put_remote(&put, remote);
    cti_pen_end(pen, &put, CTI_RECORD_SPAN_FOLLOWS);
    return true;
}

void cti_defer_span_follows(ctrace_subscriber *subscriber, ctrace_span *span,
                            const ctrace_span *cause, const ctrace_moment *moment) {
    cti_pen pen;
    bool told = false;
    if (cti_pen_take(&pen, subscriber, moment)) {
        told = pen.lane == CTI_LANE_OWN && cti_is_told(pen.deferred, told_of(subscriber, span)) &&
               tell_follows(&pen, span, (ctrace_span *)(uintptr_t)cause);
        cti_pen_give(&pen);
    }
    if (!told) {
        cti_count(CTI_RECORDS_DROPPED, 1);
    }
}

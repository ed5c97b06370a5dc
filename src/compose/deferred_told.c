/* Spans of which the reader has been told, and where it believes the thread to stand. */
#include "compose/deferred_pen.h"
#include "record/span.h"

/* When it happened, for the record that comes next. Returns where that goes. */
static unsigned char *put_moment(const cti_pen *pen, unsigned char *at) {
    cti_put put;
    cti_put_begin(&put, at, CTI_RECORD_STAND_SIZE, CTI_RECORD_STAND_SIZE, 0);
    cti_put_word(&put, ctrace_moment_time_ns(pen->then));
    cti_put_word(&put, ctrace_moment_monotonic_ns(pen->then));
    return at + cti_put_end(&put, CTI_RECORD_MOMENT, pen->time);
}

bool cti_tell_time(const cti_pen *pen, size_t least, bool waits) {
    const uint64_t base = cti_record_time_base(pen->time);
    const size_t all = CTI_BEFORE_SIZE + least;
    size_t room;
    unsigned char *at = cti_ring_room(pen->source->rings[pen->lane], all, &room);
    if (at == NULL) {
        at = cti_source_make_room(pen->deferred, pen->source, pen->lane, all, waits, &room);
    }
    if (at == NULL) {
        return false;
    }
    unsigned char *end = at + CTI_RECORD_TIME_SIZE;
    cti_word_put64(at, cti_put_time(base));
    if (pen->then != NULL) {
        end = put_moment(pen, end);
    }
    cti_ring_publish(pen->source->rings[pen->lane], (size_t)(end - at));
    pen->source->bases[pen->lane] = base;
    return true;
}

uint64_t cti_told_outward_slowly(const cti_pen *pen, ctrace_span *span) {
    for (; span != NULL; span = span->parent) {
        cti_told *told = ctrace_span_data(span, &pen->deferred->base);
        if (cti_is_told(pen->deferred, told)) {
            return span->id;
        }
        if (told != NULL && told->generation != 0 && pen->lane == CTI_LANE_OWN &&
            cti_tell_new(pen, span, told) != 0) {
            return span->id;
        }
    }
    return 0;
}

uint64_t cti_tell_new(const cti_pen *pen, ctrace_span *span, cti_told *told) {
    const uint64_t parent = cti_told_outward(pen, span->parent);
    const ctrace_value *values = cti_load_acquire(&span->fields.values);
    const size_t size = cti_put_new_size(span, parent, values);
    const size_t later = CTI_RECORD_SPAN_SIZE + CTI_BEFORE_SIZE + CTI_ENDS_SIZE;
    cti_put put;
    if (!cti_pen_begin(pen, &put, size + later, span->site->id, true)) {
        return 0;
    }
    cti_pen_end(pen, &put, cti_put_new(&put, span, parent, values));
    told->parent = parent;
    /* release: in a forked child, others may be about to tell it, too */
    cti_store_release(&told->generation, pen->deferred->generation);
    return span->id;
}

bool cti_tell_stand(const cti_pen *pen, uint64_t span) {
    cti_put put;
    if (!cti_pen_begin(pen, &put, CTI_RECORD_STAND_SIZE, 0, true)) {
        return false;
    }
    cti_put_word(&put, pen->task);
    cti_put_word(&put, span);
    cti_pen_end(pen, &put, CTI_RECORD_STAND);
    cti_route_forget(&pen->thread->route);
    pen->source->task = pen->task;
    pen->source->here = span;
    return true;
}

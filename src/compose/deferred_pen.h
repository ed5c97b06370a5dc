/* The emitting side's tools: a pen writes records into its thread's ring, one at a time. */
#ifndef CTI_COMPOSE_DEFERRED_PEN_H
#define CTI_COMPOSE_DEFERRED_PEN_H

#include "compose/deferred.h"
#include "core/event.h"
#include "record/put.h"

enum {
    CTI_BEFORE_SIZE = CTI_RECORD_TIME_SIZE + CTI_RECORD_STAND_SIZE, /* of what says the time */
    CTI_ENDS_SIZE = CTI_RECORD_STAND_SIZE + 2 * CTI_RECORD_SPAN_SIZE + 3 * CTI_BEFORE_SIZE
}; /* promised to a span entered */

/* What the callbacks share: which ring they write to, and of when and where they tell. */
typedef struct cti_pen {
    cti_deferred *deferred;
    cti_source *source;
    cti_thread *thread;
    uint64_t time;             /* ticks */
    const ctrace_moment *then; /* of what happened at another time, and is passed on now; or NULL */
    uint64_t task;
    unsigned lane;
    uint8_t outer; /* what `writing` was before */
} cti_pen;

/* Where to write while so many records are being written. What a handler interrupted may also write
 * by a shortcut, which does not count. */
static inline unsigned cti_pen_lane(cti_thread *self, uint8_t writing) {
    if (writing != CTI_LANE_OWN) {
        return writing;
    }
    if (CTRACE_I_UNLIKELY(!cti_section_inside(self))) {
        cti_route_forget(&self->route); /* nor does a handler outside a section */
    }
    return self->interrupted ? CTI_LANE_SIDE : CTI_LANE_OWN;
}

/* Begins writing. False when this thread has no ring, or as many handlers have interrupted each
 * other here as there are rings. Where it is true, cti_pen_give() must follow. */
static inline bool cti_pen_take(cti_pen *ret_pen, ctrace_subscriber *subscriber,
                                const ctrace_moment *moment) {
    cti_deferred *deferred = cti_deferred_of(subscriber);
    cti_thread *self = &cti_self;
    cti_source *source = cti_source_find(deferred, self);
    if (CTRACE_I_UNLIKELY(source == NULL || source->writing == CTI_LANES)) {
        return false;
    }
    ret_pen->deferred = deferred;
    ret_pen->source = source;
    ret_pen->thread = self;
    ret_pen->task = moment->task_id;
    ret_pen->outer = source->writing;
    ret_pen->lane = cti_pen_lane(self, source->writing);
    /* A handler that comes after this store writes elsewhere, one that came before has left. */
    cti_store_relaxed(&source->writing, (uint8_t)(ret_pen->lane + 1));
    cti_compiler_barrier();
    ret_pen->time = cti_moment_ticks(moment);
    ret_pen->then = CTRACE_I_LIKELY(moment->thread != NULL) ? NULL : moment;
    return true;
}

/* Ends writing, and wakes the reader if it sleeps: one system call each time it had nothing to do
 * for a while. */
static inline void cti_pen_give(const cti_pen *pen) {
    cti_compiler_barrier();
    cti_store_relaxed(&pen->source->writing, pen->outer);
    /* pairs with cti_wakeup_announce(): it finds the record, or we find it asleep */
    if (CTRACE_I_UNLIKELY(pen->thread->fence)) {
        cti_fence();
    } else {
        cti_compiler_barrier();
    }
    if (CTRACE_I_UNLIKELY(cti_wakeup_needed(&pen->deferred->wakeup))) {
        cti_wakeup_now(&pen->deferred->wakeup);
    }
}

/* ---- deferred_told.c: what the reader has been told ---- */

/* Says what the high bits of times are from here on, and when it happened, where there is room for
 * that and `least` bytes more. `waits` is false for what goes elsewhere when there is none. */
bool cti_tell_time(const cti_pen *pen, size_t least, bool waits);

/* Begins a record of at least `least` bytes. False when there is no room for it. */
static inline bool cti_pen_begin(const cti_pen *pen, cti_put *put, size_t least, uint32_t subject,
                                 bool waits) {
    size_t room;
    if (CTRACE_I_UNLIKELY(pen->source->bases[pen->lane] != cti_record_time_base(pen->time) ||
                          pen->then != NULL) &&
        !cti_tell_time(pen, least, waits)) {
        return false;
    }
    unsigned char *at = cti_ring_room(pen->source->rings[pen->lane], least, &room);
    if (CTRACE_I_UNLIKELY(at == NULL)) {
        at = cti_source_make_room(pen->deferred, pen->source, pen->lane, least, waits, &room);
        if (at == NULL) {
            return false;
        }
    }
    cti_put_begin(put, at, room, least, subject);
    return true;
}

static inline void cti_pen_end(const cti_pen *pen, const cti_put *put, cti_record_kind kind) {
    cti_ring_publish(pen->source->rings[pen->lane], cti_put_end(put, kind, pen->time));
}

static inline bool cti_is_told(const cti_deferred *deferred, const cti_told *told) {
    return told != NULL && cti_load_acquire(&told->generation) == deferred->generation;
}

/* Gives a new span its identity, when nobody else can know it yet: the reader gives the same to the
 * one that it rebuilds. */
static inline void cti_told_identify(cti_source *source, ctrace_span *span) {
    if (span->id == 0) {
        span->id = cti_sequence_next(&source->identities);
    }
}

/* Tells of a new span, if there is room for its being entered and left, too. Returns its identity,
 * or 0 when there was none. */
uint64_t cti_tell_new(const cti_pen *pen, ctrace_span *span, cti_told *told);

uint64_t cti_told_outward_slowly(const cti_pen *pen, ctrace_span *span);

/* The identity of the innermost of `span` and those around it that was told; 0 when none was. In a
 * forked child, the spans from before the fork are told now. */
static inline uint64_t cti_told_outward(const cti_pen *pen, ctrace_span *span) {
    if (span == NULL) {
        return 0;
    }
    const bool ours = span->tree->root == &pen->deferred->base;
    if (CTRACE_I_LIKELY(ours && cti_is_told(pen->deferred, (cti_told *)(void *)span->data))) {
        return span->id;
    }
    return cti_told_outward_slowly(pen, span);
}

/* Says that the thread stands there, in the pen's task. False when there was no room. */
bool cti_tell_stand(const cti_pen *pen, uint64_t span);

/* Before a record that says its span itself: sees to it that the task is known. */
static inline void cti_pen_settle_task(const cti_pen *pen) {
    if (CTRACE_I_UNLIKELY(pen->source->task != pen->task)) {
        cti_tell_stand(pen, 0);
    }
}

/* ---- deferred_event.c ---- */

void cti_defer_event(ctrace_subscriber *subscriber, const ctrace_event *event,
                     const ctrace_moment *moment);

/* Takes the format of a printf form apart, once for all deferred subscribers: with the lock held
 * under which callsites are asked about. False for one that must not be used. */
bool cti_defer_format(cti_site *site);

/* ---- deferred_shortcut.c ---- */

/* What shortens this thread's route to the queue where it stands now; NULL when something is
 * unusual. */
const cti_ways *cti_deferred_ways(ctrace_subscriber *subscriber, cti_thread *self,
                                  void **ret_source);

/* ---- deferred_span.c ---- */

void cti_defer_span_new(ctrace_subscriber *subscriber, ctrace_span *span,
                        const ctrace_moment *moment);
void cti_defer_span_record(ctrace_subscriber *subscriber, ctrace_span *span,
                           const ctrace_fields *fields, const ctrace_moment *moment);
void cti_defer_span_follows(ctrace_subscriber *subscriber, ctrace_span *span,
                            const ctrace_span *cause, const ctrace_moment *moment);
void cti_defer_span_enter(ctrace_subscriber *subscriber, ctrace_span *span,
                          const ctrace_moment *moment);
void cti_defer_span_exit(ctrace_subscriber *subscriber, ctrace_span *span,
                         const ctrace_moment *moment);
void cti_defer_span_close(ctrace_subscriber *subscriber, ctrace_span *span,
                          const ctrace_moment *moment);

#endif

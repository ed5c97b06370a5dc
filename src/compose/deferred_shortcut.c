/* What happens most of the time, in one step: a thread that is known, stands where the reader
 * believes it to stand, and has plenty of room. All else takes the way of deferred_event.c and
 * deferred_span.c. */
#include "compose/deferred_pen.h"
#include "core/span_finish.h"
#include "record/values.h"

/* What a short record may take, and a TIME. */
enum { PLENTY = CTI_RECORD_SHORT + CTI_RECORD_HEADER };

/* ---- Where the next record goes ---- */

static inline void unlock(cti_source *source) {
    cti_compiler_barrier();
    cti_store_relaxed(&source->writing, (uint8_t)CTI_LANE_OWN);
}

/* This thread's source, from which handlers are kept out until unlock(). NULL when something is
 * unusual. */
static inline cti_source *lock(const cti_thread *self, const ctrace_subscriber *subscriber) {
    cti_source *source = (cti_source *)(void *)self->locals;
    if (CTRACE_I_UNLIKELY(source == NULL || cti_load_relaxed(&source->local.owner) != subscriber ||
                          source->writing != CTI_LANE_OWN)) {
        return NULL;
    }
    /* A handler that comes after this store writes elsewhere, one that came before has left. */
    cti_store_relaxed(&source->writing, (uint8_t)(CTI_LANE_OWN + 1));
    cti_compiler_barrier();
    return source;
}

static inline unsigned char *end_of(const cti_ring *ring) {
    return ring->bytes + (ring->head & ring->mask);
}

/* The end of the ring, if there is plenty of room, and a header can say what time it is: so many
 * ticks since the last TIME. Else NULL. */
static inline unsigned char *find_place(const cti_source *source, const cti_thread *self,
                                        size_t plenty, uint64_t *ret_since) {
    const cti_ring *ring = source->rings[CTI_LANE_OWN];
    const uint64_t since = cti_ticks_counter() - source->bases[CTI_LANE_OWN];
    *ret_since = since;
    return CTRACE_I_LIKELY(since >> CTI_RECORD_TIME_BITS == 0 &&
                           source->task == self->scope->task_id &&
                           ring->limit - ring->head >= plenty)
               ? end_of(ring)
               : NULL;
}

/* Whether the reader believes the thread to stand in `span`. Identities are given once: one that is
 * where the reader was told to be has been told. */
static inline bool stands_in(const cti_source *source, const ctrace_span *span) {
    return source->here == (span == NULL ? 0 : span->id) && (span == NULL || source->here != 0);
}

/* Publishes the record that begins at `at` and ends at `end`, and whose header has no size yet.
 * True when the reader sleeps and must be woken. */
static inline bool publish(cti_source *source, unsigned char *at, const unsigned char *end,
                           uint64_t header) {
    const cti_deferred *deferred = source->local.owner;
    const size_t size = cti_record_padded((size_t)(end - at));
    cti_word_put64(at, header | cti_put_size_bits(size));
    cti_ring_publish(source->rings[CTI_LANE_OWN], size);
    unlock(source);
    cti_compiler_barrier(); /* the wakeup's fence: see cti_pen_give(), and cti_shortcuts */
    return CTRACE_I_UNLIKELY(cti_wakeup_needed(&deferred->wakeup));
}

/* Inside the section still, or as long as a span keeps the subscriber. */
CTRACE_I_COLD
static void wake(cti_source *source) {
    cti_wakeup_now(&((cti_deferred *)(uintptr_t)source->local.owner)->wakeup);
}

/* ---- Events ---- */

CTRACE_I_COLD
static void wake_and_leave(cti_thread *self) {
    wake((cti_source *)(void *)self->locals);
    cti_section_leave(self);
}

/* Looks everything up again: what is kept over the values has to be saved and restored. */
static inline void finish_event(unsigned char *at, const unsigned char *end, uint64_t header) {
    cti_thread *self = &cti_self;
    if (publish((cti_source *)(void *)self->locals, at, end, header)) {
        wake_and_leave(self);
    } else {
        cti_section_leave(self);
    }
}

CTRACE_I_COLD
static void decline(cti_site *site, const ctrace_value *values) {
    cti_source *source = (cti_source *)(void *)cti_self.locals;
    cti_deferred *deferred = (cti_deferred *)(uintptr_t)source->local.owner;
    unlock(source);
    cti_event_deliver(site, values, deferred->base.tree);
}

/* The rest of an event, from a value on that is not of the usual ones. */
CTRACE_I_NOINLINE
static void take_rest(cti_site *site, const ctrace_value *values, unsigned char *at, size_t left) {
    const cti_source *source = (cti_source *)(void *)cti_self.locals;
    unsigned char *begin = end_of(source->rings[CTI_LANE_OWN]);
    const unsigned char *end = cti_values_put(at, begin + CTI_RECORD_SHORT, values, left);
    if (end == NULL) {
        decline(site, values - (site->description.field_count - left));
    } else {
        finish_event(begin, end, cti_word_get64(begin));
    }
}

static void take_event(cti_site *site, const ctrace_value *values, cti_tree *tree) {
    const cti_thread *self = &cti_self;
    const uint32_t id = site->id;
    const cti_source *source = id >> CTI_RECORD_SUBJECT_BITS == 0 ? lock(self, tree->root) : NULL;
    if (CTRACE_I_UNLIKELY(source == NULL)) {
        cti_event_deliver(site, values, tree);
        return;
    }
    uint64_t since;
    unsigned char *begin = find_place(source, self, PLENTY, &since);
    if (CTRACE_I_UNLIKELY(begin == NULL || !stands_in(source, self->scope->current))) {
        decline(site, values);
        return;
    }
    const uint64_t header = cti_put_header(0, CTI_RECORD_EVENT, id, since);
    cti_word_put64(begin, header); /* where take_rest() finds it */
    size_t left = site->description.field_count;
    unsigned char *at = cti_values_put_usual(begin + CTI_RECORD_HEAD, &values, &left);
    if (CTRACE_I_UNLIKELY(left != 0)) {
        take_rest(site, values, at, left);
    } else {
        finish_event(begin, at, header);
    }
}

/* ---- Spans that begin ---- */

CTRACE_I_COLD
static uint64_t wake_and_return(cti_thread *self) {
    wake_and_leave(self);
    return self->scope->top->token;
}

/* The span's record is about to be complete: says so in the span, and stands in it. */
static inline uint64_t finish_open(ctrace_span *span, unsigned char *at, const unsigned char *end,
                                   uint64_t header) {
    cti_thread *self = &cti_self;
    cti_source *source = (cti_source *)(void *)self->locals;
    cti_told *told = (cti_told *)(void *)span->data;
    told->parent = source->here;
    told->generation = ((const cti_deferred *)source->local.owner)->generation;
    source->here = span->id;
    cti_ring_promise(source->rings[CTI_LANE_OWN], CTI_ENDS_SIZE);
    if (publish(source, at, end, header)) {
        return wake_and_return(self);
    }
    cti_section_leave(self);
    return self->scope->top->token;
}

CTRACE_I_COLD
static uint64_t decline_open(ctrace_span *span) {
    unlock((cti_source *)(void *)cti_self.locals);
    return cti_span_deliver_open(span);
}

/* The rest of a beginning, from a value on that is not of the usual ones. */
CTRACE_I_NOINLINE
static uint64_t open_rest(ctrace_span *span, unsigned char *at, size_t left) {
    const cti_source *source = (cti_source *)(void *)cti_self.locals;
    unsigned char *begin = end_of(source->rings[CTI_LANE_OWN]);
    const unsigned char *end = cti_values_put(at, begin + CTI_RECORD_SHORT,
                                              &span->values[span->fields.count - left], left);
    return end == NULL ? decline_open(span) : finish_open(span, begin, end, cti_word_get64(begin));
}

static uint64_t take_open(ctrace_span *span) {
    const cti_thread *self = &cti_self;
    const uint32_t id = span->site->id;
    cti_source *source = id >> CTI_RECORD_SUBJECT_BITS == 0 ? lock(self, span->tree->root) : NULL;
    if (CTRACE_I_UNLIKELY(source == NULL)) {
        return cti_span_deliver_open(span);
    }
    uint64_t since;
    unsigned char *begin = find_place(source, self, PLENTY + CTI_ENDS_SIZE, &since);
    if (CTRACE_I_UNLIKELY(begin == NULL || source->untold != 0 ||
                          !stands_in(source, span->parent))) {
        return decline_open(span);
    }
    const uint64_t header = cti_put_header(0, CTI_RECORD_SPAN_OPEN, id, since);
    cti_told_identify(source, span);
    cti_word_put64(begin, header); /* where open_rest() finds it */
    cti_word_put64(begin + CTI_RECORD_HEAD, span->id);
    const ctrace_value *values = span->values;
    size_t left = span->fields.count;
    unsigned char *at = cti_values_put_usual(begin + CTI_RECORD_HEAD + 8, &values, &left);
    return CTRACE_I_LIKELY(left == 0) ? finish_open(span, begin, at, header)
                                      : open_rest(span, at, left);
}

/* ---- Spans that end ---- */

CTRACE_I_COLD
static void decline_end(cti_source *source, ctrace_span *span) {
    unlock(source);
    cti_span_deliver_end(span);
}

static void take_end(ctrace_span *span) {
    cti_thread *self = &cti_self;
    cti_source *source = lock(self, span->tree->root);
    if (CTRACE_I_UNLIKELY(source == NULL)) {
        cti_span_deliver_end(span);
        return;
    }
    uint64_t since;
    cti_ring *ring = source->rings[CTI_LANE_OWN];
    unsigned char *begin = find_place(source, self, CTI_RECORD_HEADER, &since);
    if (CTRACE_I_UNLIKELY(begin == NULL || source->untold != 0 || !stands_in(source, span) ||
                          ring->promised < CTI_ENDS_SIZE)) {
        decline_end(source, span);
        return;
    }
    cti_ring_redeem(ring, CTI_ENDS_SIZE);
    source->here = ((const cti_told *)(const void *)span->data)->parent;
    if (publish(source, begin, begin + CTI_RECORD_END_SIZE,
                cti_put_header(0, CTI_RECORD_SPAN_END, cti_record_end_mark(span->id), since))) {
        wake(source);
    }
    cti_section_leave(self);
    cti_span_finish(self, span);
}

const cti_shortcuts cti_deferred_shortcuts = {
    .event = take_event, .open = take_open, .end = take_end};

/* What happens most of the time, in one step: as long as the thread stands where the reader
 * believes it to stand, and has plenty of room. All else takes the way of deferred_event.c and
 * deferred_span.c.
 *
 * Nothing says that these write: a handler that interrupts them finds the thread inside a section,
 * and writes elsewhere. */
#include "compose/deferred_pen.h"
#include "core/remote.h"
#include "core/span_finish.h"
#include "record/values.h"

/* What a short record may take, and a TIME. */
enum { PLENTY = CTI_RECORD_SHORT + CTI_RECORD_HEADER };

/* ---- Where the next record goes ---- */

static inline cti_source *source_of(const cti_thread *self) {
    return self->route.local;
}

static inline unsigned char *end_of(const cti_ring *ring) {
    return ring->bytes + (ring->head & ring->mask);
}

/* Whether there is plenty of room, and a short header can name the subject and say what time it is:
 * so many ticks since the last TIME. */
static inline bool has_place(const cti_source *source, size_t plenty, uint32_t subject,
                             uint64_t *ret_since) {
    const cti_ring *ring = source->rings[CTI_LANE_OWN];
    const uint64_t since = cti_ticks_counter() - source->bases[CTI_LANE_OWN];
    *ret_since = since;
    return CTRACE_I_LIKELY(cti_put_is_short(subject, since) && ring->limit - ring->head >= plenty);
}

static inline const cti_deferred *owner_of(const cti_source *source) {
    return source->local.owner;
}

/* The record at the ring's end is complete. True when the reader sleeps and must be woken. */
static inline bool publish(const cti_deferred *deferred, cti_ring *ring, size_t size) {
    cti_ring_publish(ring, size);
    cti_compiler_barrier(); /* the wakeup's fence: see cti_pen_give(), and cti_route_find() */
    return CTRACE_I_UNLIKELY(cti_wakeup_needed(&deferred->wakeup));
}

/* The same of one that begins at `at` and ends at `end`, and whose header has no size yet. */
static inline bool publish_unsized(const cti_deferred *deferred, cti_ring *ring, unsigned char *at,
                                   const unsigned char *end) {
    const size_t size = cti_record_padded((size_t)(end - at));
    cti_word_put64(at, cti_word_get64(at) | cti_put_size_bits(size));
    return publish(deferred, ring, size);
}

/* Inside the section still, or as long as a span keeps the subscriber. */
CTRACE_I_COLD
static void wake(cti_source *source) {
    cti_wakeup_now(&((cti_deferred *)(uintptr_t)source->local.owner)->wakeup);
}

/* ---- Events ---- */

CTRACE_I_COLD
static void wake_and_leave(cti_thread *self) {
    wake(source_of(self));
    cti_section_leave(self);
}

/* Looks everything up again: what is kept over the values has to be saved and restored. */
static inline void finish_event(unsigned char *at, const unsigned char *end) {
    cti_thread *self = &cti_self;
    const cti_source *source = source_of(self);
    if (publish_unsized(owner_of(source), source->rings[CTI_LANE_OWN], at, end)) {
        wake_and_leave(self);
    } else {
        cti_section_leave(self);
    }
}

CTRACE_I_COLD
static void decline(cti_site *site, const ctrace_value *values) {
    cti_route_forget(&cti_self.route);
    cti_event_deliver(site, values);
}

/* The rest of an event, from a value on that is not of the usual ones. */
CTRACE_I_NOINLINE
static void take_rest(cti_site *site, const ctrace_value *values, unsigned char *at, size_t left) {
    unsigned char *begin = end_of(source_of(&cti_self)->rings[CTI_LANE_OWN]);
    const unsigned char *end = cti_values_put(at, begin + CTI_RECORD_SHORT, values, left);
    if (end == NULL) {
        decline(site, values - (site->description.field_count - left));
    } else {
        finish_event(begin, end);
    }
}

static void take_event(cti_site *site, const ctrace_value *values) {
    const cti_source *source = source_of(&cti_self);
    const uint32_t id = site->id;
    uint64_t since;
    if (CTRACE_I_UNLIKELY(!has_place(source, PLENTY, id, &since))) {
        decline(site, values);
        return;
    }
    unsigned char *begin = end_of(source->rings[CTI_LANE_OWN]);
    cti_word_put64(begin, cti_put_short_header(CTI_RECORD_EVENT, id, since));
    size_t left = site->description.field_count;
    unsigned char *at = cti_values_put_usual(begin + CTI_RECORD_HEAD, &values, &left, NULL);
    if (CTRACE_I_UNLIKELY(left != 0)) {
        take_rest(site, values, at, left);
    } else {
        finish_event(begin, at);
    }
}

/* ---- Spans that begin ---- */

CTRACE_I_COLD
static uint64_t wake_and_return(cti_thread *self) {
    wake_and_leave(self);
    return self->scope->top->token;
}

/* The span and its record are complete but for the header: opens it, and stands in it. */
static CTI_ALWAYS_INLINE uint64_t finish_open(ctrace_span *span, unsigned char *at,
                                              const unsigned char *end, bool alone) {
    cti_thread *self = &cti_self;
    cti_source *source = source_of(self);
    cti_told *told = cti_common_data(span, &self->route, alone);
    cti_ring *ring = source->rings[CTI_LANE_OWN];
    const cti_deferred *deferred = owner_of(source);
    told->parent = source->here;
    told->generation = deferred->generation;
    source->here = span->id;
    const uint64_t token = cti_common_push(self->scope, span);
    cti_ring_promise(ring, CTI_ENDS_SIZE);
    if (publish_unsized(deferred, ring, at, end)) {
        return wake_and_return(self);
    }
    cti_section_leave(self);
    return token;
}

CTRACE_I_COLD
static uint64_t decline_open(cti_site *site, const ctrace_value *values) {
    cti_route_forget(&cti_self.route);
    return cti_span_open_by_ops(site, values);
}

/* The rest of a beginning, from a value on that is not of the usual ones. */
CTRACE_I_NOINLINE
static uint64_t open_rest(ctrace_span *span, const ctrace_value *values, size_t left, char *text,
                          unsigned char *at) {
    const size_t done = span->fields.count - left;
    unsigned char *begin = end_of(source_of(&cti_self)->rings[CTI_LANE_OWN]);
    cti_common_copy copy = {&span->values[done], text, cti_common_limit(span)};
    const unsigned char *end = cti_values_keep(at, begin + CTI_RECORD_SHORT, &copy, values, left);
    if (end == NULL) {
        cti_route_forget(&cti_self.route);
        return cti_common_give_up(span, values - done);
    }
    return finish_open(span, begin, end, false);
}

static CTI_ALWAYS_INLINE uint64_t open_span(cti_site *site, const ctrace_value *values,
                                            bool alone) {
    cti_thread *self = &cti_self;
    cti_tree *tree = self->route.tree;
    cti_scope *scope = self->scope;
    ctrace_span *around = scope->current;
    cti_source *source = source_of(self);
    const uint32_t id = site->id;
    uint64_t since;
    ctrace_span *span = has_place(source, PLENTY + CTI_ENDS_SIZE, id, &since) &&
                                cti_span_or_origin(around) == around
                            ? cti_common_take(self, scope, site, tree)
                            : NULL;
    if (CTRACE_I_UNLIKELY(span == NULL)) {
        return decline_open(site, values);
    }
    const uint64_t identity = cti_sequence_next(&source->identities);
    unsigned char *begin = end_of(source->rings[CTI_LANE_OWN]);
    cti_word_put64(begin, cti_put_short_header(CTI_RECORD_SPAN_OPEN, id, since));
    cti_word_put64(begin + CTI_RECORD_HEAD, identity);
    cti_span_begin(span, tree, site, around, self->route.lease, 0);
    cti_common_begin_data(span, &self->route, alone);
    span->id = identity;
    cti_common_copy copy = cti_common_begin_copy(span, tree->room);
    size_t left = span->fields.count;
    unsigned char *at =
        cti_values_keep_usual(begin + CTI_RECORD_HEAD + 8, &copy, &values, &left, NULL);
    return CTRACE_I_LIKELY(left == 0) ? finish_open(span, begin, at, alone)
                                      : open_rest(span, values, left, copy.at, at);
}

static uint64_t take_open(cti_site *site, const ctrace_value *values) {
    return open_span(site, values, true);
}

static uint64_t take_open_behind(cti_site *site, const ctrace_value *values) {
    return open_span(site, values, false);
}

/* ---- Spans that end ---- */

CTRACE_I_COLD
static void decline_end(ctrace_span *span) {
    cti_route_forget(&cti_self.route);
    cti_span_deliver_end(span);
}

CTRACE_I_COLD
static void wake_and_finish(ctrace_span *span) {
    wake_and_leave(&cti_self);
    cti_span_finish(&cti_self, span);
}

static CTI_ALWAYS_INLINE void end_span(ctrace_span *span, bool alone) {
    cti_thread *self = &cti_self;
    cti_source *source = source_of(self);
    cti_ring *ring = source->rings[CTI_LANE_OWN];
    uint64_t since;
    if (CTRACE_I_UNLIKELY(!has_place(source, CTI_RECORD_HEADER, 0, &since) ||
                          cti_ring_promised(ring) < CTI_ENDS_SIZE ||
                          !cti_common_was_given(span, &self->route, alone))) {
        decline_end(span);
        return;
    }
    const uint64_t header =
        cti_put_short_header(CTI_RECORD_SPAN_END, cti_record_end_mark(span->id), since);
    cti_word_put64(end_of(ring), header | cti_put_size_bits(CTI_RECORD_END_SIZE));
    cti_ring_redeem(ring, CTI_ENDS_SIZE);
    source->here = ((const cti_told *)cti_common_data(span, &self->route, alone))->parent;
    if (publish(owner_of(source), ring, CTI_RECORD_END_SIZE)) {
        wake_and_finish(span);
        return;
    }
    cti_section_leave(self);
    cti_span_finish(self, span);
}

static void take_end(ctrace_span *span) {
    end_span(span, true);
}

static void take_end_behind(ctrace_span *span) {
    end_span(span, false);
}

/* ---- Where they are taken ---- */

/* Whether the reader believes the thread to stand in `span`. Identities are given once: one that is
 * where the reader was told to be has been told. */
static bool stands_in(const cti_source *source, const ctrace_span *span) {
    return span == NULL ? source->here == 0 : source->here != 0 && source->here == span->id;
}

const cti_ways *cti_deferred_ways(ctrace_subscriber *subscriber, cti_thread *self,
                                  void **ret_source) {
    static const cti_ways ways = {.event = take_event, .open = take_open, .end = take_end};
    static const cti_ways behind = {
        .event = take_event, .open = take_open_behind, .end = take_end_behind};
    cti_source *source = (cti_source *)(void *)self->locals;
    if (source == NULL || cti_load_relaxed(&source->local.owner) != subscriber ||
        source->writing != CTI_LANE_OWN || source->task != self->scope->task_id ||
        source->untold != 0 || !stands_in(source, self->scope->current)) {
        return NULL;
    }
    *ret_source = source;
    return self->route.tree->root == subscriber ? &ways : &behind;
}

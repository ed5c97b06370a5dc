/* What happens most of the time, in one step: as long as the thread stands where its stream says,
 * and has plenty of room in its segment. All else takes the way of recorder_event.c and
 * recorder_span.c. The queue's way is the same: compose/deferred_shortcut.c. */
#include "core/remote.h"
#include "core/span_finish.h"
#include "record/values.h"
#include "sinks/recorder_pen.h"

/* ---- Where the next record goes ---- */

static inline cti_track *track_of(const cti_thread *self) {
    return self->route.local;
}

static inline cti_lane *lane_of(cti_track *track) {
    return &track->region.lanes[CTI_FILE_OWN];
}

/* So many ticks since the last TIME. */
static inline uint64_t ticks_since(cti_track *track) {
    return cti_ticks_counter() - lane_of(track)->base;
}

/* Whether there is room for a short record and so many bytes more, besides what was promised. */
static inline bool has_room(cti_track *track, intptr_t more) {
    return CTRACE_I_LIKELY((intptr_t)lane_of(track)->at <= track->brim - more);
}

static intptr_t brim_of(cti_track *track) {
    return (intptr_t)lane_of(track)->limit - CTI_RECORD_SHORT - (intptr_t)track->promised;
}

/* Keeps so many bytes free, or less than that when it is negative. */
static inline void promise(cti_track *track, intptr_t more) {
    track->promised += (size_t)more;
    track->brim -= more;
}

/* Completes the record that ends at `end`, and whose header has no size yet. */
static inline void publish(cti_track *track, const unsigned char *end) {
    cti_lane *lane = lane_of(track);
    const size_t size = cti_record_padded((size_t)(end - lane->at));
    cti_lane_publish(lane, size, cti_word_get64(lane->at) | cti_put_size_bits(size));
}

/* The same where the sum of what follows the header is known. There is room behind the padding,
 * too: usual values do not fill the longest record. */
static inline void publish_summed(cti_track *track, unsigned char *end, cti_sum sum) {
    cti_lane *lane = lane_of(track);
    const size_t unpadded = (size_t)(end - lane->at);
    const size_t size = cti_record_padded(unpadded);
    cti_word_put64(end, 0);
    cti_lane_publish_summed(lane, size, cti_word_get64(lane->at) | cti_put_size_bits(size),
                            cti_sum_padding(sum, unpadded));
}

/* ---- Events ---- */

CTRACE_I_COLD
static void decline(cti_site *site, const ctrace_value *values) {
    cti_route_forget(&cti_self.route);
    cti_event_deliver(site, values);
}

/* The rest of an event, from a value on that is not of the usual ones. */
CTRACE_I_NOINLINE
static void take_rest(cti_site *site, const ctrace_value *values, unsigned char *at, size_t left) {
    const unsigned char *begin = lane_of(track_of(&cti_self))->at;
    const unsigned char *end = cti_values_put(at, begin + CTI_RECORD_SHORT, values, left);
    if (end == NULL) {
        decline(site, values - (site->description.field_count - left));
        return;
    }
    publish(track_of(&cti_self), end);
    cti_section_leave(&cti_self);
}

static void take_event(cti_site *site, const ctrace_value *values) {
    cti_track *track = track_of(&cti_self);
    const uint32_t id = site->id;
    const uint64_t since = ticks_since(track);
    if (CTRACE_I_UNLIKELY(!cti_put_is_short(id, since) || !has_room(track, 0))) {
        decline(site, values);
        return;
    }
    unsigned char *begin = lane_of(track)->at;
    cti_word_put64(begin, cti_put_short_header(CTI_RECORD_EVENT, id, since));
    size_t left = site->description.field_count;
    cti_sum sum = 0;
    unsigned char *at = cti_values_put_usual(begin + CTI_RECORD_HEAD, &values, &left, &sum);
    if (CTRACE_I_UNLIKELY(left != 0)) {
        take_rest(site, values, at, left);
        return;
    }
    /* Looked up again: what is kept over the values has to be saved and restored. */
    publish_summed(track_of(&cti_self), at, sum);
    cti_section_leave(&cti_self);
}

/* ---- Spans that begin ---- */

/* The span is complete, and its record published: opens it, and stands in it. */
static CTI_ALWAYS_INLINE uint64_t finish_open(cti_track *track, ctrace_span *span, bool alone) {
    cti_thread *self = &cti_self;
    cti_taped *taped = cti_common_data(span, &self->route, alone);
    taped->parent = track->here;
    taped->generation = ((const cti_recorder *)track->local.owner)->generation;
    track->here = span->id;
    promise(track, CTI_TAPE_ENDS_SIZE);
    const uint64_t token = cti_common_push(self->scope, span);
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
    cti_track *track = track_of(&cti_self);
    const size_t done = span->fields.count - left;
    unsigned char *begin = lane_of(track)->at;
    cti_common_copy copy = {&span->values[done], text, cti_common_limit(span)};
    const unsigned char *end = cti_values_keep(at, begin + CTI_RECORD_SHORT, &copy, values, left);
    if (end == NULL) {
        cti_route_forget(&cti_self.route);
        return cti_common_give_up(span, values - done);
    }
    publish(track, end);
    return finish_open(track, span, false);
}

static CTI_ALWAYS_INLINE uint64_t open_span(cti_site *site, const ctrace_value *values,
                                            bool alone) {
    cti_thread *self = &cti_self;
    cti_tree *tree = self->route.tree;
    cti_scope *scope = self->scope;
    ctrace_span *around = scope->current;
    cti_track *track = track_of(self);
    const uint32_t id = site->id;
    const uint64_t since = ticks_since(track);
    ctrace_span *span = cti_put_is_short(id, since) && has_room(track, CTI_TAPE_ENDS_SIZE) &&
                                cti_span_or_origin(around) == around
                            ? cti_common_take(self, scope, site, tree)
                            : NULL;
    if (CTRACE_I_UNLIKELY(span == NULL)) {
        return decline_open(site, values);
    }
    const uint64_t identity = cti_sequence_next(&track->identities);
    unsigned char *begin = lane_of(track)->at;
    cti_word_put64(begin, cti_put_short_header(CTI_RECORD_SPAN_OPEN, id, since));
    cti_word_put64(begin + CTI_RECORD_HEAD, identity);
    cti_span_begin(span, tree, site, around, self->route.lease, 0);
    cti_common_begin_data(span, &self->route, alone);
    span->id = identity;
    cti_common_copy copy = cti_common_begin_copy(span, tree->room);
    size_t left = span->fields.count;
    cti_sum sum = cti_sum_number(0, identity);
    unsigned char *at =
        cti_values_keep_usual(begin + CTI_RECORD_HEAD + 8, &copy, &values, &left, &sum);
    if (CTRACE_I_UNLIKELY(left != 0)) {
        return open_rest(span, values, left, copy.at, at);
    }
    track = track_of(&cti_self); /* again: see take_event() */
    publish_summed(track, at, sum);
    return finish_open(track, span, alone);
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

static CTI_ALWAYS_INLINE void end_span(ctrace_span *span, bool alone) {
    cti_thread *self = &cti_self;
    cti_track *track = track_of(self);
    const uint64_t since = ticks_since(track);
    if (CTRACE_I_UNLIKELY(!cti_put_is_short(0, since) || track->promised < CTI_TAPE_ENDS_SIZE ||
                          !has_room(track, -CTI_TAPE_ENDS_SIZE) ||
                          !cti_common_was_given(span, &self->route, alone))) {
        decline_end(span);
        return;
    }
    const uint64_t header =
        cti_put_short_header(CTI_RECORD_SPAN_END, cti_record_end_mark(span->id), since);
    track->here = ((const cti_taped *)cti_common_data(span, &self->route, alone))->parent;
    promise(track, -CTI_TAPE_ENDS_SIZE);
    cti_lane_publish_summed(lane_of(track), CTI_RECORD_END_SIZE,
                            header | cti_put_size_bits(CTI_RECORD_END_SIZE), 0);
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

/* Whether the stream stands in `span`. Identities are given once: one that is where the stream
 * stands is in it. */
static bool stands_in(const cti_track *track, const ctrace_span *span) {
    return span == NULL ? track->here == 0 : track->here != 0 && track->here == span->id;
}

const cti_ways *cti_recorder_ways(ctrace_subscriber *subscriber, cti_thread *self,
                                  void **ret_track) {
    static const cti_ways ways = {.event = take_event, .open = take_open, .end = take_end};
    static const cti_ways behind = {
        .event = take_event, .open = take_open_behind, .end = take_end_behind};
    cti_track *track = (cti_track *)(void *)self->locals;
    if (track == NULL || cti_load_relaxed(&track->local.owner) != subscriber ||
        track->writing != CTI_FILE_OWN || !track->introduced ||
        track->task != self->scope->task_id || track->untold != 0 ||
        !stands_in(track, self->scope->current)) {
        return NULL;
    }
    track->brim = brim_of(track);
    *ret_track = track;
    const cti_ways *own = self->route.tree->root == subscriber ? &ways : &behind;
    const bool misses = cti_load_acquire(&cti_recorder_of(subscriber)->missed_count) != 0;
    return lane_of(track)->in_ticks && !misses ? own : &cti_ways_by_ops;
}

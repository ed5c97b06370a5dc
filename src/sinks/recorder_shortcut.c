/* What happens most of the time, in one step: a thread that is known, stands where its stream says,
 * and has plenty of room in its segment. All else takes the way of recorder_event.c and
 * recorder_span.c. The queue's way is the same: compose/deferred_shortcut.c. */
#include "core/span_finish.h"
#include "record/values.h"
#include "sinks/recorder_pen.h"

/* ---- Where the next record goes ---- */

static inline void unlock(cti_track *track) {
    cti_compiler_barrier();
    cti_store_relaxed(&track->writing, (uint8_t)CTI_FILE_OWN);
}

/* This thread's track, from whose own lane handlers are kept out until unlock(). NULL when
 * something is unusual. */
static inline cti_track *lock(const cti_thread *self, const ctrace_subscriber *subscriber) {
    cti_track *track = (cti_track *)(void *)self->locals;
    if (CTRACE_I_UNLIKELY(track == NULL || cti_load_relaxed(&track->local.owner) != subscriber ||
                          track->writing != CTI_FILE_OWN || !track->introduced)) {
        return NULL;
    }
    /* A handler that comes after this store writes elsewhere, one that came before has left. */
    cti_store_relaxed(&track->writing, (uint8_t)(CTI_FILE_OWN + 1));
    cti_compiler_barrier();
    return track;
}

/* The end of the lane, if there is plenty of room, and a header can say what time it is: so many
 * ticks since the last TIME. Else NULL. */
static inline unsigned char *find_place(const cti_track *track, const cti_thread *self,
                                        size_t plenty, uint64_t *ret_since) {
    const cti_lane *lane = &track->region.lanes[CTI_FILE_OWN];
    const uint64_t since = cti_ticks_counter() - lane->base;
    *ret_since = since;
    return CTRACE_I_LIKELY(since >> CTI_RECORD_TIME_BITS == 0 && lane->in_ticks &&
                           track->task == self->scope->task_id && cti_track_has_room(track, plenty))
               ? lane->at
               : NULL;
}

/* Whether the stream stands in `span`. Identities are given once: one that is where the stream
 * stands is in it. */
static inline bool stands_in(const cti_track *track, const ctrace_span *span) {
    return track->here == (span == NULL ? 0 : span->id) && (span == NULL || track->here != 0);
}

/* Completes the record that begins at `at` and ends at `end`, and whose header has no size yet. */
static inline void publish(cti_track *track, const unsigned char *at, const unsigned char *end,
                           uint64_t header) {
    const size_t size = cti_record_padded((size_t)(end - at));
    cti_lane_publish(&track->region.lanes[CTI_FILE_OWN], size, header | cti_put_size_bits(size));
    unlock(track);
}

/* ---- Events ---- */

/* Looks everything up again: what is kept over the values has to be saved and restored. */
static inline void finish_event(const unsigned char *at, const unsigned char *end,
                                uint64_t header) {
    cti_thread *self = &cti_self;
    publish((cti_track *)(void *)self->locals, at, end, header);
    cti_section_leave(self);
}

CTRACE_I_COLD
static void decline(cti_site *site, const ctrace_value *values) {
    cti_track *track = (cti_track *)(void *)cti_self.locals;
    const ctrace_subscriber *recorder = track->local.owner;
    unlock(track);
    cti_event_deliver(site, values, recorder->tree);
}

/* The rest of an event, from a value on that is not of the usual ones. */
CTRACE_I_NOINLINE
static void take_rest(cti_site *site, const ctrace_value *values, unsigned char *at, size_t left) {
    const cti_track *track = (const cti_track *)(const void *)cti_self.locals;
    const unsigned char *begin = track->region.lanes[CTI_FILE_OWN].at;
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
    const cti_track *track = id >> CTI_RECORD_SUBJECT_BITS == 0 ? lock(self, tree->root) : NULL;
    if (CTRACE_I_UNLIKELY(track == NULL)) {
        cti_event_deliver(site, values, tree);
        return;
    }
    uint64_t since;
    unsigned char *begin = find_place(track, self, CTI_RECORD_SHORT, &since);
    if (CTRACE_I_UNLIKELY(begin == NULL || !stands_in(track, self->scope->current))) {
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

/* The span's record is about to be complete: says so in the span, and stands in it. */
static inline uint64_t finish_open(ctrace_span *span, const unsigned char *at,
                                   const unsigned char *end, uint64_t header) {
    cti_thread *self = &cti_self;
    cti_track *track = (cti_track *)(void *)self->locals;
    cti_taped *taped = (cti_taped *)(void *)span->data;
    taped->parent = track->here;
    taped->generation = ((const cti_recorder *)track->local.owner)->generation;
    track->here = span->id;
    track->promised += CTI_TAPE_ENDS_SIZE;
    publish(track, at, end, header);
    cti_section_leave(self);
    return self->scope->top->token;
}

CTRACE_I_COLD
static uint64_t decline_open(ctrace_span *span) {
    unlock((cti_track *)(void *)cti_self.locals);
    return cti_span_deliver_open(span);
}

/* The rest of a beginning, from a value on that is not of the usual ones. */
CTRACE_I_NOINLINE
static uint64_t open_rest(ctrace_span *span, unsigned char *at, size_t left) {
    const cti_track *track = (const cti_track *)(const void *)cti_self.locals;
    const unsigned char *begin = track->region.lanes[CTI_FILE_OWN].at;
    const unsigned char *end = cti_values_put(at, begin + CTI_RECORD_SHORT,
                                              &span->values[span->fields.count - left], left);
    return end == NULL ? decline_open(span) : finish_open(span, begin, end, cti_word_get64(begin));
}

static uint64_t take_open(ctrace_span *span) {
    cti_thread *self = &cti_self;
    const uint32_t id = span->site->id;
    const cti_track *track =
        id >> CTI_RECORD_SUBJECT_BITS == 0 ? lock(self, span->tree->root) : NULL;
    if (CTRACE_I_UNLIKELY(track == NULL)) {
        return cti_span_deliver_open(span);
    }
    uint64_t since;
    unsigned char *begin = find_place(track, self, CTI_RECORD_SHORT + CTI_TAPE_ENDS_SIZE, &since);
    if (CTRACE_I_UNLIKELY(begin == NULL || track->untold != 0 || !stands_in(track, span->parent))) {
        return decline_open(span);
    }
    const uint64_t header = cti_put_header(0, CTI_RECORD_SPAN_OPEN, id, since);
    cti_tape_identify(self, span);
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
static void decline_end(cti_track *track, ctrace_span *span) {
    unlock(track);
    cti_span_deliver_end(span);
}

static void take_end(ctrace_span *span) {
    cti_thread *self = &cti_self;
    cti_track *track = lock(self, span->tree->root);
    if (CTRACE_I_UNLIKELY(track == NULL)) {
        cti_span_deliver_end(span);
        return;
    }
    uint64_t since;
    const unsigned char *begin = find_place(track, self, CTI_RECORD_END_SIZE, &since);
    if (CTRACE_I_UNLIKELY(begin == NULL || track->untold != 0 || !stands_in(track, span) ||
                          track->promised < CTI_TAPE_ENDS_SIZE)) {
        decline_end(track, span);
        return;
    }
    track->here = ((const cti_taped *)(const void *)span->data)->parent;
    track->promised -= CTI_TAPE_ENDS_SIZE;
    publish(track, begin, begin + CTI_RECORD_END_SIZE,
            cti_put_header(0, CTI_RECORD_SPAN_END, cti_record_end_mark(span->id), since));
    cti_section_leave(self);
    cti_span_finish(self, span);
}

const cti_shortcuts cti_recorder_shortcuts = {
    .event = take_event, .open = take_open, .end = take_end};

/* What happens most of the time, in one step: a thread that is known, stands where its stream says,
 * and has plenty of room in its segment. All else takes the way of recorder_event.c and
 * recorder_span.c. */
#include "record/values.h"
#include "sinks/recorder_pen.h"

static inline void unlock(cti_track *track) {
    cti_compiler_barrier();
    cti_store_relaxed(&track->writing, (uint8_t)CTI_FILE_OWN);
}

/* Keeps handlers out of the thread's own lane, and takes the time. False when something is unusual;
 * where it is true, finish() must follow, or unlock(). */
static inline bool begin(const cti_recorder *recorder, const cti_thread *self, cti_track *track,
                         size_t plenty, uint64_t *ret_time) {
    if (CTRACE_I_UNLIKELY(track == NULL || cti_load_relaxed(&track->local.owner) != recorder ||
                          track->writing != CTI_FILE_OWN || !track->introduced)) {
        return false;
    }
    /* A handler that comes after this store writes elsewhere, one that came before has left. */
    cti_store_relaxed(&track->writing, (uint8_t)(CTI_FILE_OWN + 1));
    cti_compiler_barrier();
    const uint64_t time = cti_ticks_now();
    const cti_lane *lane = &track->region.lanes[CTI_FILE_OWN];
    if (CTRACE_I_UNLIKELY(lane->base != cti_record_time_base(time) || !lane->in_ticks ||
                          track->task != self->scope->task_id ||
                          !cti_track_has_room(track, plenty))) {
        unlock(track);
        return false;
    }
    *ret_time = time;
    return true;
}

/* Completes the record that ends at `end`. */
static inline void finish(cti_track *track, const unsigned char *end, cti_record_kind kind,
                          uint32_t subject, uint64_t time) {
    cti_lane *lane = &track->region.lanes[CTI_FILE_OWN];
    const size_t size = cti_record_padded((size_t)(end - lane->at));
    cti_lane_publish(lane, size, cti_put_header(size, kind, subject, time));
    unlock(track);
}

/* Whether the stream stands in `span`. */
static inline bool stands_in(const cti_recorder *recorder, const cti_track *track,
                             const ctrace_span *span) {
    if (span == NULL) {
        return track->here == 0;
    }
    return span->tree->root == &recorder->base && span->id == track->here &&
           cti_is_taped(recorder, (const cti_taped *)(const void *)span->data);
}

static void take_event(cti_site *site, const ctrace_value *values, cti_tree *tree) {
    cti_thread *self = &cti_self;
    const cti_recorder *recorder = cti_recorder_of(tree->root);
    cti_track *track = (cti_track *)(void *)self->locals;
    uint64_t time;
    if (CTRACE_I_UNLIKELY(site->id >> CTI_RECORD_SUBJECT_BITS != 0 ||
                          !begin(recorder, self, track, CTI_RECORD_SHORT, &time))) {
        cti_event_deliver(site, values, tree);
        return;
    }
    unsigned char *at = track->region.lanes[CTI_FILE_OWN].at;
    const unsigned char *end = NULL;
    if (CTRACE_I_LIKELY(stands_in(recorder, track, self->scope->current))) {
        end = cti_values_put(at + CTI_RECORD_HEAD, at + CTI_RECORD_SHORT, values,
                             site->description.field_count);
    }
    if (CTRACE_I_UNLIKELY(end == NULL)) {
        unlock(track);
        cti_event_deliver(site, values, tree);
        return;
    }
    finish(track, end, CTI_RECORD_EVENT, site->id, time);
    cti_section_leave(self);
}

static bool take_open(ctrace_subscriber *subscriber, ctrace_span *span) {
    const cti_recorder *recorder = cti_recorder_of(subscriber);
    cti_thread *self = &cti_self;
    cti_track *track = (cti_track *)(void *)self->locals;
    const size_t plenty = CTI_RECORD_SHORT + CTI_TAPE_ENDS_SIZE;
    uint64_t time;
    if (CTRACE_I_UNLIKELY(span->site->id >> CTI_RECORD_SUBJECT_BITS != 0 ||
                          !begin(recorder, self, track, plenty, &time))) {
        return false;
    }
    unsigned char *at = track->region.lanes[CTI_FILE_OWN].at;
    const unsigned char *end = NULL;
    if (CTRACE_I_LIKELY(track->untold == 0 && stands_in(recorder, track, span->parent))) {
        cti_tape_identify(self, span);
        cti_word_put64(at + CTI_RECORD_HEAD, span->id);
        end = cti_values_put(at + CTI_RECORD_HEAD + 8, at + CTI_RECORD_SHORT, span->values,
                             span->fields.count);
    }
    if (CTRACE_I_UNLIKELY(end == NULL)) {
        unlock(track);
        return false;
    }
    cti_taped *taped = (cti_taped *)(void *)span->data;
    taped->parent = track->here;
    cti_store_release(&taped->generation, recorder->generation);
    track->here = span->id;
    track->promised += CTI_TAPE_ENDS_SIZE;
    finish(track, end, CTI_RECORD_SPAN_OPEN, span->site->id, time);
    return true;
}

static bool take_end(ctrace_subscriber *subscriber, ctrace_span *span) {
    const cti_recorder *recorder = cti_recorder_of(subscriber);
    const cti_thread *self = &cti_self;
    cti_track *track = (cti_track *)(void *)self->locals;
    uint64_t time;
    if (CTRACE_I_UNLIKELY(!begin(recorder, self, track, CTI_RECORD_END_SIZE, &time))) {
        return false;
    }
    if (CTRACE_I_UNLIKELY(track->untold != 0 || !stands_in(recorder, track, span) ||
                          track->promised < CTI_TAPE_ENDS_SIZE)) {
        unlock(track);
        return false;
    }
    const unsigned char *at = track->region.lanes[CTI_FILE_OWN].at;
    track->here = ((const cti_taped *)(const void *)span->data)->parent;
    track->promised -= CTI_TAPE_ENDS_SIZE;
    finish(track, at + CTI_RECORD_END_SIZE, CTI_RECORD_SPAN_END, cti_record_end_mark(span->id),
           time);
    return true;
}

const cti_shortcuts cti_recorder_shortcuts = {
    .event = take_event, .open = take_open, .end = take_end};

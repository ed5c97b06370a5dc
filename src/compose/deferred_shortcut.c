/* What happens most of the time, in one step: a thread that is known, stands where the reader
 * believes it to stand, and has plenty of room. All else takes the way of deferred_event.c and
 * deferred_span.c. */
#include "compose/deferred_pen.h"
#include "record/values.h"

/* What a short record may take, and a TIME. */
enum { PLENTY = CTI_RECORD_SHORT + CTI_RECORD_HEADER };

/* Where the next record goes. */
typedef struct slot {
    cti_deferred *deferred;
    cti_source *source;
    cti_ring *ring;
    unsigned char *at;
    uint64_t time; /* ticks */
} slot;

static inline void unlock(cti_source *source) {
    cti_compiler_barrier();
    cti_store_relaxed(&source->writing, (uint8_t)CTI_LANE_OWN);
}

/* Keeps handlers out of the thread's ring, and finds its end. False when something is unusual;
 * where it is true, finish() must follow, or unlock(). */
static inline bool begin(slot *ret_place, ctrace_subscriber *subscriber, const cti_thread *self,
                         size_t plenty) {
    cti_deferred *deferred = cti_deferred_of(subscriber);
    cti_source *source = (cti_source *)(void *)self->locals;
    if (CTRACE_I_UNLIKELY(source == NULL || cti_load_relaxed(&source->local.owner) != deferred ||
                          source->writing != CTI_LANE_OWN)) {
        return false;
    }
    /* A handler that comes after this store writes elsewhere, one that came before has left. */
    cti_store_relaxed(&source->writing, (uint8_t)(CTI_LANE_OWN + 1));
    cti_compiler_barrier();
    const uint64_t time = cti_ticks_now();
    cti_ring *ring = source->rings[CTI_LANE_OWN];
    if (CTRACE_I_UNLIKELY(source->bases[CTI_LANE_OWN] != cti_record_time_base(time) ||
                          source->task != self->scope->task_id ||
                          ring->limit - ring->head < ring->promised + plenty)) {
        unlock(source);
        return false;
    }
    ret_place->deferred = deferred;
    ret_place->source = source;
    ret_place->ring = ring;
    ret_place->at = ring->bytes + (ring->head & ring->mask);
    ret_place->time = time;
    return true;
}

/* Writes the header of the record that ends at `end`, and publishes it. */
static inline void finish(const slot *place, const unsigned char *end, cti_record_kind kind,
                          uint32_t subject) {
    const size_t size = cti_record_padded((size_t)(end - place->at));
    cti_word_put64(place->at, cti_put_header(size, kind, subject, place->time));
    cti_ring_publish(place->ring, size);
    unlock(place->source);
    cti_compiler_barrier(); /* the wakeup's fence: see cti_pen_give(), and cti_shortcuts */
    if (CTRACE_I_UNLIKELY(cti_wakeup_needed(&place->deferred->wakeup))) {
        cti_wakeup_now(&place->deferred->wakeup);
    }
}

/* Whether the reader believes the thread to stand in `span`. */
static inline bool stands_in(const slot *place, const ctrace_span *span) {
    if (span == NULL) {
        return place->source->here == 0;
    }
    return span->tree->root == &place->deferred->base && span->id == place->source->here &&
           cti_is_told(place->deferred, (const cti_told *)(const void *)span->data);
}

static bool take_event(ctrace_subscriber *subscriber, const cti_site *site,
                       const ctrace_value *values) {
    const cti_thread *self = &cti_self;
    slot place;
    if (CTRACE_I_UNLIKELY(site->id >> CTI_RECORD_SUBJECT_BITS != 0 ||
                          !begin(&place, subscriber, self, PLENTY))) {
        return false;
    }
    const unsigned char *end = NULL;
    if (CTRACE_I_LIKELY(stands_in(&place, self->scope->current))) {
        end = cti_values_put(place.at + CTI_RECORD_HEAD, place.at + CTI_RECORD_SHORT, values,
                             site->description.field_count);
    }
    if (CTRACE_I_UNLIKELY(end == NULL)) {
        unlock(place.source);
        return false;
    }
    finish(&place, end, CTI_RECORD_EVENT, site->id);
    return true;
}

static bool take_open(ctrace_subscriber *subscriber, ctrace_span *span) {
    const uint32_t id = span->site->id;
    slot place;
    if (CTRACE_I_UNLIKELY(id >> CTI_RECORD_SUBJECT_BITS != 0 ||
                          !begin(&place, subscriber, &cti_self, PLENTY + CTI_ENDS_SIZE))) {
        return false;
    }
    cti_source *source = place.source;
    const unsigned char *end = NULL;
    if (CTRACE_I_LIKELY(source->untold == 0 && stands_in(&place, span->parent))) {
        cti_told_identify(source, span);
        cti_word_put64(place.at + CTI_RECORD_HEAD, span->id);
        end = cti_values_put(place.at + CTI_RECORD_HEAD + 8, place.at + CTI_RECORD_SHORT,
                             span->values, span->fields.count);
    }
    if (CTRACE_I_UNLIKELY(end == NULL)) {
        unlock(source);
        return false;
    }
    cti_told *told = (cti_told *)(void *)span->data;
    told->parent = source->here;
    told->generation = place.deferred->generation;
    source->here = span->id;
    place.ring->promised += CTI_ENDS_SIZE;
    finish(&place, end, CTI_RECORD_SPAN_OPEN, id);
    return true;
}

static bool take_end(ctrace_subscriber *subscriber, ctrace_span *span) {
    slot place;
    if (CTRACE_I_UNLIKELY(!begin(&place, subscriber, &cti_self, CTI_RECORD_HEADER))) {
        return false;
    }
    cti_source *source = place.source;
    if (CTRACE_I_UNLIKELY(source->untold != 0 || !stands_in(&place, span) ||
                          place.ring->promised < CTI_ENDS_SIZE)) {
        unlock(source);
        return false;
    }
    place.ring->promised -= CTI_ENDS_SIZE;
    source->here = ((const cti_told *)(const void *)span->data)->parent;
    finish(&place, place.at + CTI_RECORD_END_SIZE, CTI_RECORD_SPAN_END,
           cti_record_end_mark(span->id));
    return true;
}

const cti_shortcuts cti_deferred_shortcuts = {
    .event = take_event, .open = take_open, .end = take_end};

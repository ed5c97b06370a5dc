/* Spans of which the reader has been told, and where it believes the thread to stand. */
#include "compose/deferred_pen.h"
#include "record/remote.h"

enum { NEW_SIZE = CTI_RECORD_HEADER + 4 * 8 }; /* of SPAN_NEW, without its values */

static uint64_t scramble(uint64_t word) {
    word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9u; /* the finaliser of SplitMix64 */
    word = (word ^ (word >> 27)) * 0x94d049bb133111ebu;
    return word ^ (word >> 31);
}

static uint64_t next_identity(cti_source *source) {
    uint64_t identity;
    do {
        source->identities += 0x9e3779b97f4a7c15u;
        identity = scramble(source->identities);
    } while (identity == 0);
    return identity;
}

void cti_told_identify(cti_source *source, ctrace_span *span) {
    if (span->id == 0) {
        span->id = next_identity(source);
    }
    if (span->root == span && span->trace_id[0] == 0) {
        span->trace_id[0] = next_identity(source);
        span->trace_id[1] = next_identity(source);
    }
}

uint64_t cti_told_outward_slowly(const cti_pen *pen, ctrace_span *span, uint64_t time) {
    for (; span != NULL; span = span->parent) {
        cti_told *told = ctrace_span_data(span, &pen->deferred->base);
        if (cti_is_told(pen->deferred, told)) {
            return span->id;
        }
        if (told != NULL && told->generation != 0 && pen->lane == CTI_LANE_OWN &&
            cti_tell_new(pen, span, told, time) != 0) {
            return span->id;
        }
    }
    return 0;
}

/* The trace of a span whose parent does not say it. */
static void put_trace(cti_put *put, const ctrace_span *span, uint64_t parent) {
    const uint64_t *trace = span->root->trace_id;
    if (parent == 0 && cti_load_relaxed(&trace[0]) == 0) {
        uint8_t made_now[16];
        ctrace_span_trace_id(span, made_now);
    }
    cti_put_word(put, parent == 0 ? cti_load_relaxed(&trace[0]) : 0);
    cti_put_word(put, parent == 0 ? cti_load_relaxed(&trace[1]) : 0);
}

uint64_t cti_tell_new(const cti_pen *pen, ctrace_span *span, cti_told *told, uint64_t time) {
    const uint64_t parent = cti_told_outward(pen, span->parent, time);
    const ctrace_value *values = cti_load_acquire(&span->fields.values);
    const uint32_t count = span->fields.count;
    const ctrace_span *remote = cti_remote_to_tell(span, parent);
    const size_t size = cti_put_size(NEW_SIZE, values, count) + cti_put_remote_size(remote);
    cti_put put;
    if (!cti_pen_begin(pen, &put, size + CTI_RECORD_SPAN_SIZE + CTI_ENDS_SIZE, true)) {
        return 0;
    }
    cti_put_word(&put, span->id);
    cti_put_word(&put, parent);
    put_trace(&put, span, parent);
    cti_put_values(&put, values, count);
    cti_put_remote(&put, remote);
    cti_pen_end(pen, &put, CTI_RECORD_SPAN_NEW, span->site->id, time);
    told->parent = parent;
    /* release: in a forked child, others may be about to tell it, too */
    cti_store_release(&told->generation, pen->deferred->generation);
    return span->id;
}

bool cti_tell_stand(const cti_pen *pen, uint64_t task, uint64_t span, uint64_t time) {
    cti_put put;
    if (!cti_pen_begin(pen, &put, CTI_RECORD_STAND_SIZE, true)) {
        return false;
    }
    cti_put_word(&put, task);
    cti_put_word(&put, span);
    cti_pen_end(pen, &put, CTI_RECORD_STAND, 0, time);
    pen->source->task = task;
    pen->source->here = span;
    return true;
}

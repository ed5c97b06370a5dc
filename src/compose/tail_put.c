/* What happens, as records at the end of its trace. */
#include <string.h>

#include "base/memory.h"
#include "compose/tail.h"
#include "core/event.h"
#include "core/scratch.h"
#include "core/stats.h"
#include "core/value.h"
#include "record/remote.h"

enum { NEW_SIZE = CTI_RECORD_HEADER + 4 * 8 }; /* of SPAN_NEW, without its values */

/* ---- Pens ---- */

/* What the records of one callback share. */
typedef struct tail_pen {
    cti_tail *tail;
    cti_trace *trace;
    cti_held held;
    uint64_t time;
    cti_put put;
} tail_pen;

static cti_source *add_source(cti_trace *trace, const ctrace_thread *about) {
    cti_source *source = cti_alloc_zeroed(sizeof *source);
    if (source != NULL) {
        strncpy(source->name, about->name, sizeof source->name - 1);
        source->about = (ctrace_thread){about->id, about->process_id, source->name};
        source->next = trace->sources;
        trace->sources = source;
    }
    return source;
}

static cti_source *source_of(cti_trace *trace, const ctrace_thread *about) {
    for (cti_source *source = trace->sources; source != NULL; source = source->next) {
        if (source->about.id == about->id) {
            return source;
        }
    }
    return add_source(trace, about);
}

static uint64_t told_outward(tail_pen *pen, ctrace_span *span);

/* False when there is no memory. */
static bool take_pen(tail_pen *ret_pen, cti_tail *tail, cti_trace *trace, ctrace_span *here,
                     const ctrace_moment *moment) {
    ret_pen->tail = tail;
    ret_pen->trace = trace;
    ret_pen->time = ctrace_moment_monotonic_ns(moment);
    ret_pen->held.source = source_of(trace, ctrace_moment_thread(moment));
    ret_pen->held.task = ctrace_moment_task_id(moment);
    ret_pen->held.here = 0;
    if (ret_pen->held.source == NULL) {
        return false;
    }
    ret_pen->held.here = told_outward(ret_pen, here);
    return true;
}

/* Begins a record of at most `size` bytes. */
static bool begin(tail_pen *pen, size_t size) {
    const size_t room = cti_record_padded(size);
    unsigned char *at = cti_trace_room(pen->tail, pen->trace, sizeof pen->held + room);
    if (at == NULL) {
        return false;
    }
    memcpy(at, &pen->held, sizeof pen->held);
    cti_put_begin(&pen->put, at + sizeof pen->held, room);
    return true;
}

static void end(tail_pen *pen, cti_record_kind kind, uint32_t subject, uint64_t time) {
    cti_trace_fill(pen->trace, sizeof pen->held + cti_put_end(&pen->put, kind, subject, time));
}

/* ---- Spans ---- */

/* The trace's identity is said by spans whose parent does not say it. */
static void put_trace(cti_put *put, const ctrace_span *span, uint64_t parent) {
    const uint64_t *trace = span->root->trace_id;
    if (parent == 0) {
        uint8_t made_now[16];
        ctrace_span_trace_id(span, made_now);
    }
    cti_put_word(put, parent == 0 ? cti_load_relaxed(&trace[0]) : 0);
    cti_put_word(put, parent == 0 ? cti_load_relaxed(&trace[1]) : 0);
}

static bool put_new(tail_pen *pen, ctrace_span *span, cti_tail_span *data) {
    const uint64_t parent = told_outward(pen, ctrace_span_parent(span, &pen->tail->base));
    const ctrace_value *values = cti_load_acquire(&span->fields.values);
    const uint32_t count = span->fields.count;
    const ctrace_span *remote = cti_remote_to_tell(span, parent);
    if (!begin(pen, cti_put_size(NEW_SIZE, values, count) + cti_put_remote_size(remote))) {
        return false;
    }
    cti_put_word(&pen->put, ctrace_span_id(span));
    cti_put_word(&pen->put, parent);
    put_trace(&pen->put, span, parent);
    cti_put_values(&pen->put, values, count);
    cti_put_remote(&pen->put, remote);
    end(pen, CTI_RECORD_SPAN_NEW, span->site->id, data->begun_ns);
    data->told = pen->trace->generation;
    return true;
}

/* The identity of the innermost span whose beginning was written; in a forked child, what was
 * written before the fork is written again. */
static uint64_t told_outward(tail_pen *pen, ctrace_span *span) {
    for (; span != NULL; span = ctrace_span_parent(span, &pen->tail->base)) {
        cti_tail_span *data = cti_trace_span(pen->tail, pen->trace, span);
        if (data != NULL && data->told != 0 &&
            (data->told == pen->trace->generation || put_new(pen, span, data))) {
            return ctrace_span_id(span);
        }
    }
    return 0;
}

void cti_trace_put_new(cti_tail *tail, cti_trace *trace, ctrace_span *span,
                       const ctrace_moment *moment) {
    cti_tail_span *data = cti_trace_span(tail, trace, span);
    tail_pen pen;
    if (!take_pen(&pen, tail, trace, cti_self.scope->current, moment) ||
        !put_new(&pen, span, data)) {
        cti_lost_span(&span->site->description);
    }
}

void cti_trace_put_change(cti_tail *tail, cti_trace *trace, ctrace_span *span, cti_record_kind kind,
                          const ctrace_moment *moment) {
    tail_pen pen;
    if (take_pen(&pen, tail, trace, cti_self.scope->current, moment) &&
        told_outward(&pen, span) == ctrace_span_id(span) && begin(&pen, CTI_RECORD_SPAN_SIZE)) {
        cti_put_word(&pen.put, ctrace_span_id(span));
        end(&pen, kind, 0, pen.time);
    }
}

/* The place of a key among the span's; the last one of that name. */
static uint8_t index_of(const ctrace_span *span, const char *key) {
    uint32_t i = span->fields.count;
    while (i > 1 && strcmp(span->fields.keys[i - 1], key) != 0) {
        i -= 1;
    }
    return (uint8_t)(i - 1);
}

static bool put_record(tail_pen *pen, const ctrace_span *span, const ctrace_fields *fields) {
    const size_t fixed = CTI_RECORD_HEADER + 8 + fields->count;
    if (!begin(pen, cti_put_size(fixed, fields->values, fields->count))) {
        return false;
    }
    cti_put_word(&pen->put, ctrace_span_id(span));
    *pen->put.at++ = (unsigned char)fields->count;
    for (uint32_t i = 0; i < fields->count; i++) {
        *pen->put.at++ = index_of(span, fields->keys[i]);
        cti_put_value(&pen->put, &fields->values[i]);
    }
    end(pen, CTI_RECORD_SPAN_RECORD, 0, pen->time);
    return true;
}

void cti_trace_put_record(cti_tail *tail, cti_trace *trace, ctrace_span *span,
                          const ctrace_fields *fields, const ctrace_moment *moment) {
    tail_pen pen;
    if (!take_pen(&pen, tail, trace, cti_self.scope->current, moment) ||
        told_outward(&pen, span) != ctrace_span_id(span) || !put_record(&pen, span, fields)) {
        cti_count(CTI_VALUES_LOST, fields->count);
    }
}

void cti_trace_put_follows(cti_tail *tail, cti_trace *trace, ctrace_span *span, ctrace_span *cause,
                           const ctrace_moment *moment) {
    tail_pen pen;
    const ctrace_span *remote = cti_span_is_remote(cause) ? cause : NULL;
    if (remote == NULL && cti_trace_span(tail, trace, cause) == NULL) {
        return; /* of another trace, which may be forgotten */
    }
    if (!take_pen(&pen, tail, trace, cti_self.scope->current, moment) ||
        told_outward(&pen, span) != ctrace_span_id(span) ||
        !begin(&pen, CTI_RECORD_STAND_SIZE + cti_put_remote_size(remote))) {
        cti_count(CTI_RECORDS_DROPPED, 1);
        return;
    }
    cti_put_word(&pen.put, ctrace_span_id(span));
    cti_put_word(&pen.put, remote == NULL ? ctrace_span_id(cause) : 0);
    cti_put_remote(&pen.put, remote);
    end(&pen, CTI_RECORD_SPAN_FOLLOWS, 0, pen.time);
}

/* ---- Events ---- */

/* An event's values, and before them its message where that is not the callsite's. */
static bool put_event(tail_pen *pen, const ctrace_event *event, const ctrace_value *values) {
    size_t size;
    const char *message = ctrace_event_message(event, &size);
    const ctrace_value text = ctrace_i_box_strn(message, size);
    const bool says = message != event->site->description.name;
    const uint32_t count = event->fields.count;
    const size_t fixed = says ? cti_put_size(CTI_RECORD_HEADER, &text, 1) : CTI_RECORD_HEADER;
    if (!begin(pen, cti_put_size(fixed, values, count)) ||
        (says && !cti_put_value(&pen->put, &text)) || !cti_put_values(&pen->put, values, count)) {
        return false;
    }
    end(pen, says ? CTI_RECORD_EVENT_TEXT : CTI_RECORD_EVENT, event->site->id, pen->time);
    return true;
}

/* With TRACE_LAZY texts written. */
static bool put_settled(tail_pen *pen, const ctrace_event *event) {
    ctrace_value values[CTI_RECORD_VALUES];
    const uint32_t count = event->fields.count;
    size_t bytes;
    ctrace_buf *texts = cti_scratch_take();
    if (texts == NULL || count > CTI_RECORD_VALUES) {
        cti_scratch_give(texts);
        return false;
    }
    if (count != 0) {
        memcpy(values, event->fields.values, count * sizeof values[0]);
    }
    const bool put =
        cti_values_settle(values, count, texts, &bytes) && put_event(pen, event, values);
    cti_scratch_give(texts);
    return put;
}

void cti_trace_put_event(cti_tail *tail, cti_trace *trace, const ctrace_event *event,
                         const ctrace_moment *moment) {
    tail_pen pen;
    if (take_pen(&pen, tail, trace, event->span, moment) && put_settled(&pen, event)) {
        return;
    }
    if (cti_event_tells_losses(event)) {
        ((ctrace_event *)(uintptr_t)event)->refused = true; /* on this thread's stack */
    } else {
        cti_lost_event(&event->site->description);
    }
}

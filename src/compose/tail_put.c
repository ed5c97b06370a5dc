/* What happens, as records at the end of its trace. */
#include <string.h>

#include "base/memory.h"
#include "compose/tail.h"
#include "core/event.h"
#include "core/scratch.h"
#include "core/stats.h"
#include "record/content.h"
#include "record/remote.h"
#include "record/span.h"

/* ---- Pens ---- */

/* What the records of one callback share. */
typedef struct tail_pen {
    cti_tail *tail;
    cti_trace *trace;
    cti_held held;
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
    ret_pen->held.time = ctrace_moment_monotonic_ns(moment);
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
static bool begin(tail_pen *pen, size_t size, uint32_t subject) {
    const size_t room = cti_record_padded(size);
    unsigned char *at = cti_trace_room(pen->tail, pen->trace, sizeof pen->held + room);
    if (at == NULL) {
        return false;
    }
    memcpy(at, &pen->held, sizeof pen->held);
    cti_put_begin(&pen->put, at + sizeof pen->held, room, size, subject);
    return true;
}

static void end(const tail_pen *pen, cti_record_kind kind) {
    cti_trace_fill(pen->trace, sizeof pen->held + cti_put_end(&pen->put, kind, 0));
}

/* ---- Spans ---- */

static bool put_new(tail_pen *pen, ctrace_span *span, cti_tail_span *data) {
    const uint64_t parent = told_outward(pen, ctrace_span_parent(span, &pen->tail->base));
    const ctrace_value *values = cti_load_acquire(&span->fields.values);
    const uint64_t now = pen->held.time;
    ctrace_span_id(span); /* from now on it has one */
    pen->held.time = data->begun_ns;
    const bool begun = begin(pen, cti_put_new_size(span, parent, values), span->site->id);
    pen->held.time = now;
    if (begun) {
        end(pen, cti_put_new(&pen->put, span, parent, values));
        data->told = pen->trace->generation;
    }
    return begun;
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
        told_outward(&pen, span) == ctrace_span_id(span) && begin(&pen, CTI_RECORD_SPAN_SIZE, 0)) {
        cti_put_word(&pen.put, ctrace_span_id(span));
        end(&pen, kind);
    }
}

static bool put_record(tail_pen *pen, const ctrace_span *span, const ctrace_fields *fields) {
    if (!begin(pen, cti_put_recorded_size(fields), 0)) {
        return false;
    }
    cti_put_recorded(&pen->put, span, fields);
    end(pen, CTI_RECORD_SPAN_RECORD);
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
        !begin(&pen, CTI_RECORD_HEAD + CTI_RECORD_STAND_SIZE + cti_put_remote_size(remote), 0)) {
        cti_count(CTI_RECORDS_DROPPED, 1);
        return;
    }
    cti_put_word(&pen.put, ctrace_span_id(span));
    cti_put_word(&pen.put, remote == NULL ? ctrace_span_id(cause) : 0);
    cti_put_remote(&pen.put, remote);
    end(&pen, CTI_RECORD_SPAN_FOLLOWS);
}

/* ---- Events ---- */

/* With TRACE_LAZY texts written, and the message of a printf form. */
static bool put_event(tail_pen *pen, const ctrace_event *event) {
    ctrace_value values[CTI_RECORD_VALUES];
    cti_content content;
    ctrace_buf *texts = cti_scratch_take();
    ctrace_event_message(event, NULL); /* from now on it has one */
    cti_content_of(event, values, &content);
    const bool put = texts != NULL && cti_content_settle(&content, values, texts) &&
                     begin(pen, cti_content_size(&content), event->site->id) &&
                     cti_put_content(&pen->put, &content);
    cti_scratch_give(texts);
    if (put) {
        end(pen, content.kind);
    }
    return put;
}

void cti_trace_put_event(cti_tail *tail, cti_trace *trace, const ctrace_event *event,
                         const ctrace_moment *moment) {
    tail_pen pen;
    if (take_pen(&pen, tail, trace, event->span, moment) && put_event(&pen, event)) {
        return;
    }
    if (cti_event_tells_losses(event)) {
        ((ctrace_event *)(uintptr_t)event)->refused = true; /* on this thread's stack */
    } else {
        cti_lost_event(&event->site->description);
    }
}

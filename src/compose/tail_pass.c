/* Passing a trace on: its records become spans and events again, on the thread that finds out that
 * it is worth telling. */
#include "base/clock.h"
#include "base/memory.h"
#include "compose/tail.h"
#include "core/event.h"
#include "core/stats.h"
#include "record/get.h"

static cti_reader *reader_of(const cti_tail *tail, cti_trace *trace) {
    if (trace->reader != NULL) {
        return trace->reader;
    }
    cti_tree *tree = cti_tree_of(tail->inner);
    cti_reader *reader = tree == NULL ? NULL : cti_alloc_zeroed(sizeof *reader);
    if (reader != NULL) {
        reader->emitters = &trace->sources;
        reader->tree = tree;
        reader->changes = 1;
        reader->line = cti_ticks_line_of_ns(); /* such are the ticks of our records */
        reader->epoch_offset = trace->epoch_offset;
        trace->reader = reader;
    }
    return reader;
}

static bool stand_at(cti_source *source, uint64_t task, uint64_t here) {
    if (source->stands == NULL) {
        source->stands = cti_stand_new(task);
    }
    if (source->stands != NULL) {
        cti_stand_at(source, task, here);
    }
    return source->stands != NULL;
}

static void replay(cti_trace *trace, const cti_held *held, const unsigned char *record) {
    cti_record_head head;
    cti_get rest;
    if (!cti_get_head(record, CTI_RECORD_LONGEST, 0, &head, &rest)) {
        return;
    }
    head.time = held->time;
    if (stand_at(held->source, held->task, held->here)) {
        cti_replay(trace->reader, held->source, &head, rest);
    } else {
        trace->dropped += 1;
    }
}

/* Says, in the root span, how much was dropped: "lost N records", of the root's callsite. */
static void tell_dropped(cti_trace *trace) {
    cti_reader *reader = trace->reader;
    const cti_rebuilt *root = cti_spans_find(&reader->spans, trace->root);
    cti_scope there;
    cti_scope_make_empty(&there);
    there.current = root == NULL ? NULL : root->span;
    reader->thread->scope = &there;
    cti_count(CTI_EVENTS_LOST, trace->dropped);
    cti_fetch_add(&trace->root_site->lost, trace->dropped);
    trace->dropped = 0;
    cti_tell_losses(reader->thread, reader->tree, trace->root_site);
}

void cti_trace_pass_on(cti_tail *tail, cti_trace *trace) {
    cti_thread *self = &cti_self;
    cti_scope *mine = self->scope;
    cti_reader *reader = reader_of(tail, trace);
    if (reader == NULL) {
        return;
    }
    trace->state = CTI_TRACE_PASSED_ON;
    reader->thread = self;
    cti_trace_drain_kept(tail, trace, replay);
    if (trace->dropped != 0) {
        tell_dropped(trace);
    }
    cti_trace_drain(tail, trace, replay);
    cti_thread_stand(self, mine);
}

/* One that is still open: its end found no room. */
static uint64_t any_span(const cti_spans *spans) {
    for (size_t i = 0; spans->count != 0 && i < spans->capacity; i++) {
        if (spans->places[i].id != 0) {
            return spans->places[i].id;
        }
    }
    return 0;
}

void cti_trace_passed(cti_trace *trace) {
    cti_thread *self = &cti_self;
    cti_scope *mine = self->scope;
    cti_reader *reader = trace->reader;
    if (reader == NULL) {
        return;
    }
    reader->thread = self;
    for (uint64_t span; (span = any_span(&reader->spans)) != 0;) {
        cti_replay_close(reader, span, cti_clock_monotonic_ns());
    }
    cti_reader_free(reader);
    trace->reader = NULL;
    cti_thread_stand(self, mine);
}

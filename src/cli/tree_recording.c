/* Recordings for `ctrace tree`: a subscriber gathers what they tell. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "cli/tree.h"
#include "core/remote.h"
#include "ctrace/record.h"
#include "ctrace/trace.h"
#include "encode/escape.h"
#include "encode/style.h"
#include "encode/text_parts.h"

typedef struct gatherer {
    ctrace_subscriber base; /* first */
    tree_source *source;
} gatherer;

static tree_source *source_of(ctrace_subscriber *self) {
    return ((gatherer *)self)->source;
}

/* ---- Spans ---- */

static forest_span *find(tree_source *source, const ctrace_span *span) {
    forest_id id = {.span = ctrace_span_id(span)};
    cti_trace_words(span, id.trace);
    return forest_span_of(source->forest, &id);
}

/* The next one outwards, which may be in another process. */
static const ctrace_span *parent_of(const ctrace_span *span, const ctrace_subscriber *viewer) {
    const ctrace_span *parent = ctrace_span_parent(span, viewer);
    const bool continues = parent == NULL && span->root != span && cti_span_is_remote(span->root);
    return continues ? span->root : parent;
}

static void describe(tree_source *source, forest_span *found, const ctrace_span *span) {
    ctrace_buf *text = &source->text;
    text->size = 0;
    cti_put_styled(text, source->forest->color, CTI_STYLE_BOLD, ctrace_span_name(span));
    cti_text_put_fields(source->forest->color, text, ctrace_span_fields(span), NULL);
    forest_describe(source->forest, found, source->process, 1, text);
}

static void on_span_new(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *moment) {
    tree_source *source = source_of(self);
    forest_span *found = find(source, span);
    const ctrace_span *parent = parent_of(span, self);
    if (found == NULL) {
        return;
    }
    found->item.time_ns = ctrace_moment_time_ns(moment);
    found->begin_known = true;
    forest_nest(found, parent == NULL ? NULL : find(source, parent));
    describe(source, found, span);
}

static void on_span_record(ctrace_subscriber *self, ctrace_span *span, const ctrace_fields *fields,
                           const ctrace_moment *moment) {
    (void)fields;
    (void)moment;
    tree_source *source = source_of(self);
    forest_span *found = find(source, span);
    if (found != NULL) {
        describe(source, found, span);
    }
}

static void on_span_close(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *moment) {
    forest_span *found = find(source_of(self), span);
    if (found != NULL) {
        found->end_ns = ctrace_moment_time_ns(moment);
        found->end_known = true;
    }
}

static void on_span_follows(ctrace_subscriber *self, ctrace_span *span, const ctrace_span *cause,
                            const ctrace_moment *moment) {
    tree_source *source = source_of(self);
    forest_span *found = find(source, span);
    uint64_t trace[2];
    if (found == NULL) {
        return;
    }
    cti_trace_words(cause, trace);
    source->text.size = 0;
    ctrace_buf_printf(&source->text, "follows %016" PRIx64 "%016" PRIx64 ":%016" PRIx64, trace[0],
                      trace[1], ctrace_span_id(cause));
    forest_add(source->forest, found, ctrace_moment_time_ns(moment), 0, source->process,
               &source->text);
}

/* ---- Events ---- */

static void on_event(ctrace_subscriber *self, const ctrace_event *event,
                     const ctrace_moment *moment) {
    tree_source *source = source_of(self);
    const ctrace_callsite *site = ctrace_event_site(event);
    const ctrace_span *span = ctrace_event_span(event, self);
    forest_span *found =
        span == NULL || !forest_wants(source->forest, site->level) ? NULL : find(source, span);
    size_t size;
    if (found == NULL) {
        return;
    }
    const char *message = ctrace_event_message(event, &size);
    source->text.size = 0;
    cti_put_styled(&source->text, source->forest->color, CTI_STYLE_DIM, site->target);
    cti_buf_literal(&source->text, ": ");
    cti_escape_bare(&source->text, message, size);
    cti_text_put_fields(source->forest->color, &source->text, ctrace_event_fields(event), NULL);
    forest_add(source->forest, found, ctrace_moment_time_ns(moment), site->level, source->process,
               &source->text);
}

/* ---- The file ---- */

static const ctrace_subscriber_ops ops = {
    .size = sizeof(ctrace_subscriber_ops),
    .on_span_new = on_span_new,
    .on_span_record = on_span_record,
    .on_span_follows = on_span_follows,
    .on_span_close = on_span_close,
    .on_event = on_event,
};

static void say_damage(void *argument, uint64_t offset, const char *reason) {
    tree_source *source = argument;
    fprintf(stderr, "%s: offset %" PRIu64 ": %s\n", source->path, offset, reason);
    source->damaged = true;
}

void tree_read_recording(tree_source *source) {
    gatherer self = {.source = source};
    const ctrace_recording_options options = {.on_damage = say_damage, .argument = source};
    ctrace_subscriber_init(&self.base, &ops);
    ctrace_recording *recording = ctrace_recording_open(&self.base, source->path, &options);
    const ctrace_status status = recording == NULL ? CTRACE_EIO : ctrace_recording_read(recording);
    if (status != CTRACE_OK && status != CTRACE_ECORRUPT) {
        fprintf(stderr, "ctrace tree: %s\n", ctrace_last_error());
    }
    source->damaged |= status != CTRACE_OK;
    ctrace_recording_close(recording); /* which lets go of the subscriber */
}

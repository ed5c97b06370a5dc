/* Spans, from records back to callbacks. */
#include "base/memory.h"
#include "compose/deferred_reader.h"
#include "core/record.h"
#include "core/scratch.h"
#include "record/remote.h"
#include "record/span.h"

/* ---- Callbacks ---- */

typedef void span_callback(ctrace_subscriber *, ctrace_span *, const ctrace_moment *);

static void call(const cti_reader *reader, span_callback *callback, ctrace_span *span,
                 const ctrace_moment *moment) {
    if (callback != NULL) {
        callback(reader->tree->root, span, moment);
    }
}

/* ---- The beginning ---- */

/* Nobody wants the span: what happens in it happens in the next one outwards. */
static void make_alias(cti_rebuilt *rebuilt, ctrace_span *outer) {
    rebuilt->alias = true;
    rebuilt->span = outer;
    if (outer != NULL) {
        cti_fetch_add(&outer->holds, 1u);
    }
}

/* Takes over the reference that `remote` is, once what is below it holds its memory. */
static void release(const cti_reader *reader, ctrace_span *remote) {
    if (remote != NULL) {
        cti_span_release(reader->thread, remote);
    }
}

static ctrace_span *rebuild(cti_reader *reader, cti_site *site, const cti_beginning *begun,
                            ctrace_span *outer) {
    if (!cti_tree_wants(reader->tree, site)) {
        return NULL;
    }
    ctrace_span *span =
        cti_span_create(reader->thread, reader->tree, site, begun->values, outer, NULL);
    if (span == NULL) {
        cti_lost_span(&site->description);
        return NULL;
    }
    cti_span_pin(span);
    span->id = begun->id;
    if (span->root == span) {
        span->trace_id[0] = begun->trace[0];
        span->trace_id[1] = begun->trace[1];
    }
    return span;
}

/* Takes note of the span and makes it, in the one around it; NULL when there is no memory. */
static cti_rebuilt *add_span(cti_reader *reader, cti_site *site, const cti_beginning *begun,
                             ctrace_span *outer) {
    cti_rebuilt *rebuilt = cti_spans_add(&reader->spans, begun->id);
    reader->changes += 1;
    if (rebuilt == NULL) {
        cti_lost_span(&site->description);
        return NULL;
    }
    rebuilt->parent = begun->parent;
    rebuilt->span = rebuild(reader, site, begun, outer);
    if (rebuilt->span == NULL) {
        make_alias(rebuilt, outer);
    }
    return rebuilt;
}

/* NULL when it is none that can be made use of. */
static cti_rebuilt *begin_span(cti_reader *reader, cti_source *source, const cti_record_head *head,
                               cti_get rest) {
    cti_site *site = cti_replay_site(reader, head->subject);
    cti_beginning begun;
    if (site == NULL ||
        !cti_get_new(&rest, head->kind, source->stands->here, site->description.field_count,
                     &begun) ||
        cti_spans_find(&reader->spans, begun.id) != NULL) {
        return NULL;
    }
    const cti_rebuilt *around = cti_spans_find(&reader->spans, begun.parent);
    const bool traced = around == NULL && head->kind == CTI_RECORD_SPAN_TRACED;
    ctrace_span *remote = traced ? cti_get_remote(reader->thread, &rest) : NULL;
    cti_rebuilt *rebuilt = add_span(reader, site, &begun, around == NULL ? remote : around->span);
    release(reader, remote);
    if (rebuilt != NULL && !rebuilt->alias) {
        const ctrace_moment then = cti_replay_moment(reader, source, head->time);
        call(reader, reader->tree->ops->on_span_new, rebuilt->span, &then);
    }
    return rebuilt;
}

static void enter_span(cti_reader *reader, cti_source *source, cti_rebuilt *rebuilt,
                       uint64_t time) {
    cti_stand *stand = source->stands;
    stand->here = rebuilt->id;
    stand->found_at = 0;
    if (rebuilt->alias || cti_scope_push(&stand->scope, CTI_ENTRY_ENTERED, rebuilt->span) == NULL) {
        return;
    }
    rebuilt->entered += 1;
    const ctrace_moment then = cti_replay_moment(reader, source, time);
    call(reader, reader->tree->ops->on_span_enter, rebuilt->span, &then);
}

/* As when live, it is no more among the entries when on_span_exit is called. */
static void exit_span(cti_reader *reader, cti_source *source, cti_rebuilt *rebuilt, uint64_t time) {
    cti_stand *stand = source->stands;
    stand->here = rebuilt->parent;
    stand->found_at = 0;
    if (rebuilt->alias || !cti_stand_leave(stand, rebuilt->span)) {
        return;
    }
    rebuilt->entered -= 1;
    cti_replay_stand(reader, source);
    const ctrace_moment then = cti_replay_moment(reader, source, time);
    call(reader, reader->tree->ops->on_span_exit, rebuilt->span, &then);
}

/* Takes the span off all stands. Its exits found no room, or came from where it was not entered. */
static void leave_everywhere(const cti_reader *reader, cti_rebuilt *rebuilt,
                             const ctrace_moment *then) {
    for (cti_source *source = cti_load_acquire(reader->emitters); source != NULL;
         source = source->next) {
        for (cti_stand *stand = source->stands; stand != NULL; stand = stand->next) {
            while (rebuilt->entered != 0 && cti_stand_leave(stand, rebuilt->span)) {
                rebuilt->entered -= 1;
                call(reader, reader->tree->ops->on_span_exit, rebuilt->span, then);
            }
        }
    }
}

/* Gives back what the reader has of the span. */
static void let_go(cti_reader *reader, ctrace_span *span, bool alias) {
    if (span == NULL) {
        return;
    }
    if (alias) {
        cti_span_let_go(reader->thread, span);
    } else if (cti_load_acquire(&span->references) == 1) {
        cti_span_let_go(reader->thread, span);
    } else {
        /* a subscriber holds it, and will close it: that gives a reference to its tree back */
        ctrace_subscriber_ref(span->tree->root);
        cti_span_release(reader->thread, span);
    }
}

static void close_span(cti_reader *reader, cti_rebuilt *rebuilt, const ctrace_moment *then) {
    if (!rebuilt->alias) {
        leave_everywhere(reader, rebuilt, then);
        if (cti_load_acquire(&rebuilt->span->references) == 1) {
            call(reader, reader->tree->ops->on_span_close, rebuilt->span, then);
        }
    }
    const cti_rebuilt closed = *rebuilt;
    cti_spans_remove(&reader->spans, rebuilt);
    reader->changes += 1;
    let_go(reader, closed.span, closed.alias);
}

static void record_in_span(cti_reader *reader, cti_source *source, cti_rebuilt *rebuilt,
                           const cti_record_head *head, cti_get rest) {
    const char *keys[CTI_RECORD_VALUES];
    ctrace_value values[CTI_RECORD_VALUES];
    uint32_t count;
    if (rebuilt->alias || !cti_get_recorded(&rest, rebuilt->span, keys, values, &count) ||
        !cti_record_values(rebuilt->span, keys, values, count)) {
        return;
    }
    const ctrace_fields fields = {keys, values, count};
    const ctrace_moment then = cti_replay_moment(reader, source, head->time);
    if (reader->tree->ops->on_span_record != NULL) {
        reader->tree->ops->on_span_record(reader->tree->root, rebuilt->span, &fields, &then);
    }
}

static void follow(cti_reader *reader, cti_source *source, const cti_rebuilt *rebuilt,
                   const cti_record_head *head, cti_get rest) {
    uint64_t id;
    if (rebuilt->alias || reader->tree->ops->on_span_follows == NULL || !cti_get_word(&rest, &id)) {
        return;
    }
    const cti_rebuilt *known = cti_spans_find(&reader->spans, id);
    ctrace_span *remote = id == 0 ? cti_get_remote(reader->thread, &rest) : NULL;
    ctrace_span *cause = known == NULL || known->alias ? remote : known->span;
    if (cause != NULL) {
        const ctrace_moment then = cti_replay_moment(reader, source, head->time);
        reader->tree->ops->on_span_follows(reader->tree->root, rebuilt->span, cause, &then);
    }
    release(reader, remote);
}

static void change_span(cti_reader *reader, cti_source *source, const cti_record_head *head,
                        cti_get rest) {
    uint64_t id;
    cti_rebuilt *rebuilt = cti_get_word(&rest, &id) ? cti_spans_find(&reader->spans, id) : NULL;
    if (rebuilt == NULL) {
        return;
    }
    switch (head->kind) {
    case CTI_RECORD_SPAN_RECORD:
        record_in_span(reader, source, rebuilt, head, rest);
        break;
    case CTI_RECORD_SPAN_FOLLOWS:
        follow(reader, source, rebuilt, head, rest);
        break;
    case CTI_RECORD_SPAN_ENTER:
        enter_span(reader, source, rebuilt, head->time);
        break;
    case CTI_RECORD_SPAN_EXIT:
        exit_span(reader, source, rebuilt, head->time);
        break;
    default: {
        const ctrace_moment then = cti_replay_moment(reader, source, head->time);
        close_span(reader, rebuilt, &then);
        break;
    }
    }
}

/* The innermost span is left and closed. */
static void end_span(cti_reader *reader, cti_source *source, const cti_record_head *head) {
    const uint64_t here = source->stands->here;
    cti_rebuilt *rebuilt = cti_spans_find(&reader->spans, here);
    if (rebuilt == NULL || cti_record_end_mark(here) != head->subject) {
        return;
    }
    exit_span(reader, source, rebuilt, head->time);
    const ctrace_moment then = cti_replay_moment(reader, source, head->time);
    close_span(reader, rebuilt, &then);
}

void cti_replay_span(cti_reader *reader, cti_source *source, const cti_record_head *head,
                     cti_get rest) {
    cti_rebuilt *rebuilt;
    switch (head->kind) {
    case CTI_RECORD_SPAN_OPEN:
        rebuilt = begin_span(reader, source, head, rest);
        if (rebuilt != NULL) {
            enter_span(reader, source, rebuilt, head->time);
        }
        break;
    case CTI_RECORD_SPAN_NEW:
    case CTI_RECORD_SPAN_TRACED:
        begin_span(reader, source, head, rest);
        break;
    case CTI_RECORD_SPAN_END:
        end_span(reader, source, head);
        break;
    default:
        change_span(reader, source, head, rest);
        break;
    }
}

void cti_replay_close(cti_reader *reader, uint64_t id, uint64_t ns) {
    cti_rebuilt *rebuilt = cti_spans_find(&reader->spans, id);
    if (rebuilt != NULL) {
        const ctrace_moment then = {
            .time_ns = ns + reader->epoch_offset, .monotonic_ns = ns, .thread = reader->thread};
        close_span(reader, rebuilt, &then);
    }
}

void cti_replay_end(cti_reader *reader) {
    for (size_t i = 0; i < reader->spans.capacity; i++) {
        const cti_rebuilt *rebuilt = &reader->spans.places[i];
        if (rebuilt->id != 0) {
            let_go(reader, rebuilt->span, rebuilt->alias);
        }
    }
    cti_free(reader->spans.places);
}

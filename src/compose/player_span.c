/* Spans of a recording, opened, entered, left and closed again. What does not fit together is
 * passed over. */
#include "base/memory.h"
#include "compose/player_parts.h"
#include "ctrace/detail/emit.h"
#include "record/remote.h"
#include "record/span.h"

static void let_go(cti_rebuilt rebuilt) {
    if (!rebuilt.alias) {
        ctrace_span_unref(rebuilt.span);
    } else if (rebuilt.span != NULL) {
        cti_span_let_go(&cti_self, rebuilt.span);
    }
}

/* Nobody wants the span: what happens in it happens in the next one outwards. */
static void make_alias(cti_rebuilt *rebuilt, ctrace_span *outer) {
    rebuilt->alias = true;
    rebuilt->span = outer;
    if (outer != NULL) {
        cti_fetch_add(&outer->holds, 1u);
    }
}

/* Makes the span, in the one around it. False when there is no memory. */
static bool add_span(cti_player *player, cti_site *site, const cti_beginning *begun,
                     ctrace_span *outer) {
    cti_rebuilt *rebuilt = cti_spans_add(&player->spans, begun->id);
    if (rebuilt == NULL) {
        return false;
    }
    rebuilt->parent = begun->parent;
    player->id = begun->id;
    if (cti_tree_wants(player->tree, site)) {
        rebuilt->span = cti_span_new(&site->description, begun->values, outer);
    }
    if (rebuilt->span == NULL) {
        make_alias(rebuilt, outer);
    }
    return true;
}

static const char *begin_span(cti_stream *stream, const cti_record_head *head, cti_get rest) {
    cti_player *player = stream->player;
    cti_played_site *played = cti_played_sites_find(&player->sites, head->subject);
    cti_beginning begun;
    if (played == NULL) {
        return "the span's callsite is not described";
    }
    if (!cti_get_new(&rest, head->kind, stream->stances->here,
                     played->site->description.field_count, &begun)) {
        return CTI_PLAYER_DAMAGED;
    }
    if (cti_spans_find(&player->spans, begun.id) != NULL) {
        return NULL; /* told again */
    }
    const bool traced = head->kind == CTI_RECORD_SPAN_TRACED;
    const cti_rebuilt *around = cti_spans_find(&player->spans, begun.parent);
    ctrace_span *remote = around == NULL && traced ? cti_get_remote(&cti_self, &rest) : NULL;
    player->trace[0] = traced ? begun.trace[0] : stream->trace_key;
    player->trace[1] = traced ? begun.trace[1] : begun.id;
    const bool added =
        add_span(player, played->site, &begun, around == NULL ? remote : around->span);
    ctrace_span_unref(remote); /* its memory is held by what is below it */
    return added ? NULL : CTI_PLAYER_NO_MEMORY;
}

static bool is_entered(const cti_scope *scope, const ctrace_span *span) {
    for (const cti_entry *entry = scope->top; entry->kind != CTI_ENTRY_BOTTOM; entry--) {
        if (entry->span == span) {
            return true;
        }
    }
    return false;
}

static void enter_span(cti_stream *stream, const cti_rebuilt *rebuilt) {
    cti_stance *current = stream->stances;
    current->here = rebuilt->id;
    if (stream->tells_again && stream->retold_count < CTI_RETOLD) {
        stream->retold[stream->retold_count++] = rebuilt->id;
    }
    if (!rebuilt->alias && !(stream->tells_again && is_entered(&current->scope, rebuilt->span))) {
        ctrace_span_enter(rebuilt->span);
    }
}

static void exit_span(cti_stream *stream, const cti_rebuilt *rebuilt) {
    cti_stance *current = stream->stances;
    current->here = rebuilt->parent;
    if (!rebuilt->alias && is_entered(&current->scope, rebuilt->span)) {
        ctrace_span_exit(rebuilt->span);
    }
}

static void close_span(cti_player *player, cti_rebuilt *rebuilt) {
    const cti_rebuilt closed = *rebuilt;
    cti_spans_remove(&player->spans, rebuilt);
    let_go(closed);
}

static const char *record_in_span(const cti_rebuilt *rebuilt, cti_get rest) {
    const char *keys[CTI_RECORD_VALUES];
    ctrace_value values[CTI_RECORD_VALUES];
    uint32_t count;
    if (rebuilt->alias) {
        return NULL;
    }
    if (!cti_get_recorded(&rest, rebuilt->span, keys, values, &count)) {
        return CTI_PLAYER_DAMAGED;
    }
    ctrace_i_record(rebuilt->span, keys, values, count);
    return NULL;
}

static const char *follow(const cti_player *player, const cti_rebuilt *rebuilt, cti_get rest) {
    uint64_t id;
    if (!cti_get_word(&rest, &id)) {
        return CTI_PLAYER_DAMAGED;
    }
    if (rebuilt->alias) {
        return NULL;
    }
    const cti_rebuilt *cause = cti_spans_find(&player->spans, id);
    if (cause != NULL && !cause->alias) {
        ctrace_span_follows(rebuilt->span, cause->span);
    } else if (id == 0) {
        ctrace_span *remote = cti_get_remote(&cti_self, &rest);
        ctrace_span_follows(rebuilt->span, remote);
        ctrace_span_unref(remote);
    }
    return NULL;
}

/* A record that begins with a span's identity. What is told of a span whose beginning is not in the
 * file any more is passed over. */
static const char *change_span(cti_stream *stream, const cti_record_head *head, cti_get rest) {
    cti_player *player = stream->player;
    uint64_t id;
    if (!cti_get_word(&rest, &id)) {
        return CTI_PLAYER_DAMAGED;
    }
    cti_rebuilt *rebuilt = cti_spans_find(&player->spans, id);
    if (rebuilt == NULL) {
        return NULL;
    }
    switch (head->kind) {
    case CTI_RECORD_SPAN_RECORD:
        return record_in_span(rebuilt, rest);
    case CTI_RECORD_SPAN_FOLLOWS:
        return follow(player, rebuilt, rest);
    case CTI_RECORD_SPAN_ENTER:
        enter_span(stream, rebuilt);
        return NULL;
    case CTI_RECORD_SPAN_EXIT:
        exit_span(stream, rebuilt);
        return NULL;
    default:
        close_span(player, rebuilt);
        return NULL;
    }
}

/* A new span that is entered, too. */
static const char *open_span(cti_stream *stream, const cti_record_head *head, cti_get rest) {
    uint64_t id;
    const char *problem = begin_span(stream, head, rest);
    if (problem == NULL && cti_get_word(&rest, &id)) {
        enter_span(stream, cti_spans_find(&stream->player->spans, id));
    }
    return problem;
}

static void leave_and_close(cti_stream *stream, cti_rebuilt *rebuilt) {
    exit_span(stream, rebuilt);
    close_span(stream->player, rebuilt);
}

/* The innermost span is left and closed; and where the ends of others inside it are missing, those
 * first. What is told of a span that is not in the file any more is passed over. */
static void end_span(cti_stream *stream, const cti_record_head *head) {
    const cti_spans *spans = &stream->player->spans;
    uint64_t *here = &stream->stances->here;
    const cti_rebuilt *ended = cti_spans_find(spans, *here);
    while (ended != NULL && cti_record_end_mark(ended->id) != head->subject) {
        ended = cti_spans_find(spans, ended->parent);
    }
    const uint64_t outer = ended == NULL ? *here : ended->parent;
    while (*here != outer) {
        leave_and_close(stream, cti_spans_find(spans, *here));
    }
}

static bool is_retold(const cti_stream *stream, const ctrace_span *span) {
    for (uint32_t i = 0; i < stream->retold_count; i++) {
        if (stream->retold[i] == span->id) {
            return true;
        }
    }
    return false;
}

/* The innermost span that is entered and was not told again, or NULL. */
static ctrace_span *find_untold(const cti_stream *stream) {
    for (const cti_entry *entry = stream->stances->scope.top; entry->kind != CTI_ENTRY_BOTTOM;
         entry--) {
        if (entry->kind == CTI_ENTRY_ENTERED && !is_retold(stream, entry->span)) {
            return entry->span;
        }
    }
    return NULL;
}

void cti_stream_leave_untold(cti_stream *stream) {
    ctrace_span *span;
    while (stream->retold_count < CTI_RETOLD && (span = find_untold(stream)) != NULL) {
        ctrace_span_exit(span);
    }
}

const char *cti_play_span(cti_stream *stream, const cti_record_head *head, cti_get rest) {
    switch (head->kind) {
    case CTI_RECORD_SPAN_OPEN:
        return open_span(stream, head, rest);
    case CTI_RECORD_SPAN_NEW:
    case CTI_RECORD_SPAN_TRACED:
        return begin_span(stream, head, rest);
    case CTI_RECORD_SPAN_END:
        end_span(stream, head);
        return NULL;
    default:
        return change_span(stream, head, rest);
    }
}

void cti_player_release_spans(cti_player *player) {
    for (size_t i = 0; i < player->spans.capacity; i++) {
        if (player->spans.places[i].id != 0) {
            let_go(player->spans.places[i]);
        }
    }
    cti_free(player->spans.places);
}

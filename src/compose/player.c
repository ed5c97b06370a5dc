#include "compose/player.h"

#include <string.h>

#include "base/memory.h"
#include "compose/deferred_spans.h"
#include "compose/player_sites.h"
#include "core/event.h"
#include "core/scratch.h"
#include "core/thread.h"
#include "core/tree.h"
#include "ctrace/detail/emit.h"
#include "record/remote.h"
#include "record/span.h"

/* Where a thread or a task stands. */
typedef struct stance {
    uint64_t task; /* 0: the thread's own */
    uint64_t here; /* the innermost span's identity, or 0 */
    cti_scope scope;
    struct stance *next; /* of the same stream: the current one comes first */
} stance;

struct cti_stream {
    cti_player *player;
    stance *stances;
    ctrace_thread about;
    char name[64];
    uint64_t epoch_offset; /* of the monotonic clock's zero since the Unix epoch */
    uint64_t trace_key;    /* of the process */
    bool tells_again;      /* a segment has begun: what is open is told again */
    cti_stream *next;
};

struct cti_player {
    ctrace_subscriber base;
    ctrace_subscriber *inner;
    cti_tree *tree;
    cti_spans spans;
    cti_played_sites sites;
    cti_stream *streams;
    ctrace_moment moment; /* of the record that is being played */
    uint64_t id;          /* of the span that is being made */
    uint64_t trace[2];    /* likewise, where it is a root */
};

static cti_player *of(ctrace_subscriber *subscriber) {
    return (cti_player *)subscriber;
}

static const char damaged[] = "the record's content is damaged";
static const char no_memory[] = "no memory for the record";

/* ---- What it hears ---- */

static void on_span_new(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *now) {
    (void)now;
    span->id = of(self)->id;
    if (span->root == span) {
        memcpy(span->trace_id, of(self)->trace, sizeof span->trace_id);
    }
    ctrace_forward_span_new(of(self)->inner, span, &of(self)->moment);
}

static void on_span_record(ctrace_subscriber *self, ctrace_span *span, const ctrace_fields *fields,
                           const ctrace_moment *now) {
    (void)now;
    ctrace_forward_span_record(of(self)->inner, span, fields, &of(self)->moment);
}

static void on_span_follows(ctrace_subscriber *self, ctrace_span *span, const ctrace_span *cause,
                            const ctrace_moment *now) {
    (void)now;
    ctrace_forward_span_follows(of(self)->inner, span, cause, &of(self)->moment);
}

static void on_span_enter(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *now) {
    (void)now;
    ctrace_forward_span_enter(of(self)->inner, span, &of(self)->moment);
}

static void on_span_exit(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *now) {
    (void)now;
    ctrace_forward_span_exit(of(self)->inner, span, &of(self)->moment);
}

static void on_span_close(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *now) {
    (void)now;
    ctrace_forward_span_close(of(self)->inner, span, &of(self)->moment);
}

static void on_event(ctrace_subscriber *self, const ctrace_event *event,
                     const ctrace_moment *moment) {
    ctrace_forward_event(of(self)->inner, event, moment);
}

static ctrace_subscriber *inner_of(ctrace_subscriber *self, size_t i) {
    return i == 0 ? of(self)->inner : NULL;
}

static void free_player(ctrace_subscriber *self) {
    ctrace_subscriber_unref(of(self)->inner);
    cti_free(self);
}

static const ctrace_subscriber_ops ops = {
    .size = sizeof ops,
    .on_span_new = on_span_new,
    .on_span_record = on_span_record,
    .on_span_follows = on_span_follows,
    .on_span_enter = on_span_enter,
    .on_span_exit = on_span_exit,
    .on_span_close = on_span_close,
    .on_event = on_event,
    .inner = inner_of,
    .free = free_player,
};

/* ---- Where threads stand ---- */

static stance *new_stance(const cti_player *player, uint64_t task) {
    stance *made = cti_alloc_zeroed(sizeof *made);
    if (made != NULL) {
        made->task = task;
        cti_scope_begin(&made->scope);
        made->scope.task_id = task;
        made->scope.listener = player->tree;
        made->scope.chosen = true;
    }
    return made;
}

static void free_stance(stance *old) {
    cti_scope *before = cti_self.scope;
    cti_self.scope = &old->scope;
    cti_scope_end(&old->scope);
    cti_self.scope = before;
    cti_free(old);
}

static void free_stances(cti_stream *stream) {
    while (stream->stances != NULL) {
        stance *next = stream->stances->next;
        free_stance(stream->stances);
        stream->stances = next;
    }
}

/* Takes the stance of the task off the list, or makes one. */
static stance *take_stance(cti_stream *stream, uint64_t task) {
    for (stance **link = &stream->stances; *link != NULL; link = &(*link)->next) {
        stance *found = *link;
        if (found->task == task) {
            *link = found->next;
            return found;
        }
    }
    return new_stance(stream->player, task);
}

/* A task that is swapped out has left all its spans: there is nothing to remember about it. */
static void forget_idle(cti_stream *stream) {
    stance *current = stream->stances;
    if (current != NULL && current->task != 0 && current->scope.top->kind == CTI_ENTRY_BOTTOM) {
        stream->stances = current->next;
        free_stance(current);
    }
}

static bool stand_at(cti_stream *stream, uint64_t task) {
    if (stream->stances != NULL && stream->stances->task == task) {
        return true;
    }
    forget_idle(stream);
    stance *current = take_stance(stream, task);
    if (current == NULL) {
        return false;
    }
    current->next = stream->stances;
    stream->stances = current;
    return true;
}

/* ---- Spans ---- */

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
        return damaged;
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
    return added ? NULL : no_memory;
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
    stance *current = stream->stances;
    current->here = rebuilt->id;
    if (!rebuilt->alias && !(stream->tells_again && is_entered(&current->scope, rebuilt->span))) {
        ctrace_span_enter(rebuilt->span);
    }
}

static void exit_span(cti_stream *stream, const cti_rebuilt *rebuilt) {
    stance *current = stream->stances;
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
        return damaged;
    }
    ctrace_i_record(rebuilt->span, keys, values, count);
    return NULL;
}

static const char *follow(const cti_player *player, const cti_rebuilt *rebuilt, cti_get rest) {
    uint64_t id;
    if (!cti_get_word(&rest, &id)) {
        return damaged;
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
        return damaged;
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

/* The innermost span is left and closed. What is told of a span that is not in the file any more is
 * passed over. */
static void end_span(cti_stream *stream, const cti_record_head *head) {
    const uint64_t here = stream->stances->here;
    cti_rebuilt *rebuilt = cti_spans_find(&stream->player->spans, here);
    if (rebuilt != NULL && cti_record_end_mark(here) == head->subject) {
        exit_span(stream, rebuilt);
        close_span(stream->player, rebuilt);
    }
}

/* ---- Events ---- */

static void deliver(cti_stream *stream, ctrace_event *event) {
    cti_player *player = stream->player;
    const cti_rebuilt *here = cti_spans_find(&player->spans, stream->stances->here);
    stream->stances->scope.current = here == NULL ? NULL : here->span;
    event->span = stream->stances->scope.current;
    event->tree = player->tree;
    if (cti_tree_wants(player->tree, event->site) && cti_section_enter(&cti_self)) {
        on_event(&player->base, event, &player->moment);
        cti_section_leave(&cti_self);
    }
}

/* The message as printf would have made it. */
static const char *deliver_formatted(cti_stream *stream, cti_played_site *played,
                                     ctrace_event *event) {
    const cti_printf *parsed = cti_played_format(played);
    ctrace_buf *text = cti_scratch_take();
    const char *message = NULL;
    if (parsed != NULL && text != NULL &&
        cti_printf_print(parsed, played->site->description.name, event->fields.values,
                         event->fields.count, text)) {
        message = ctrace_buf_bytes(text, &event->message_size);
    }
    event->fields = (ctrace_fields){NULL, NULL, 0};
    event->message = message;
    if (message != NULL) {
        deliver(stream, event);
    }
    cti_scratch_give(text);
    return message == NULL ? "the message's values do not fit its format" : NULL;
}

static bool get_text(cti_get *get, ctrace_event *event) {
    ctrace_value text;
    if (!cti_get_value(get, &text) || text.kind != CTRACE_VALUE_STRING || text.as.string == NULL) {
        return false;
    }
    event->message = text.as.string;
    event->message_size = text.size;
    return true;
}

static const char *play_event(cti_stream *stream, const cti_record_head *head, cti_get rest) {
    ctrace_value values[CTI_RECORD_VALUES];
    cti_played_site *played = cti_played_sites_find(&stream->player->sites, head->subject);
    if (played == NULL) {
        return "the event's callsite is not described";
    }
    const ctrace_callsite *site = &played->site->description;
    ctrace_event event = {.site = played->site, .message = site->name};
    event.fields.keys = site->field_names;
    event.fields.values = values;
    const bool formatted = head->kind == CTI_RECORD_EVENT_FORMAT;
    const cti_printf *parsed = formatted ? cti_played_format(played) : NULL;
    event.fields.count = parsed == NULL ? site->field_count : parsed->values;
    if ((head->kind == CTI_RECORD_EVENT_TEXT && !get_text(&rest, &event)) ||
        !cti_get_values(&rest, values, event.fields.count)) {
        return damaged;
    }
    if (formatted) {
        return deliver_formatted(stream, played, &event);
    }
    deliver(stream, &event);
    return NULL;
}

/* ---- Where and when ---- */

static const char *change_stand(cti_stream *stream, cti_get rest) {
    uint64_t task, span;
    if (!cti_get_word(&rest, &task) || !cti_get_word(&rest, &span)) {
        return damaged;
    }
    if (!stand_at(stream, task)) {
        return no_memory;
    }
    stream->stances->here = span;
    stream->tells_again = false;
    return NULL;
}

/* Another thread continues the stream of one that ended, or the same one in another segment. */
static const char *change_thread(cti_stream *stream, cti_get rest) {
    ctrace_thread about = {0};
    uint64_t task;
    if (!cti_get_word(&rest, &about.id) || !cti_get_word(&rest, &about.process_id) ||
        !cti_get_word(&rest, &stream->trace_key) || !cti_get_word(&rest, &task)) {
        return damaged;
    }
    if (about.id != stream->about.id) {
        free_stances(stream);
    }
    const size_t size = (size_t)(rest.end - rest.at);
    const size_t kept = size < sizeof stream->name ? size : sizeof stream->name - 1;
    memset(stream->name, 0, sizeof stream->name);
    memcpy(stream->name, rest.at, kept);
    stream->about = about;
    stream->about.name = stream->name;
    stream->tells_again = true;
    return stand_at(stream, task) ? NULL : no_memory;
}

static const char *calibrate(cti_stream *stream, cti_get rest) {
    uint64_t time, epoch;
    if (!cti_get_word(&rest, &time) || !cti_get_word(&rest, &epoch)) {
        return damaged;
    }
    stream->epoch_offset = epoch - time;
    return NULL;
}

/* ---- Records ---- */

static const char *play(cti_stream *stream, const cti_record_head *head, cti_get rest) {
    switch (head->kind) {
    case CTI_RECORD_EVENT:
    case CTI_RECORD_EVENT_TEXT:
    case CTI_RECORD_EVENT_FORMAT:
        return play_event(stream, head, rest);
    case CTI_RECORD_SPAN_OPEN:
        return open_span(stream, head, rest);
    case CTI_RECORD_SPAN_NEW:
    case CTI_RECORD_SPAN_TRACED:
        return begin_span(stream, head, rest);
    case CTI_RECORD_SPAN_END:
        end_span(stream, head);
        return NULL;
    case CTI_RECORD_SPAN_RECORD:
    case CTI_RECORD_SPAN_FOLLOWS:
    case CTI_RECORD_SPAN_ENTER:
    case CTI_RECORD_SPAN_EXIT:
    case CTI_RECORD_SPAN_CLOSE:
        return change_span(stream, head, rest);
    case CTI_RECORD_STAND:
        return change_stand(stream, rest);
    case CTI_RECORD_CALLSITE:
        return cti_played_sites_add(&stream->player->sites, head->subject, rest);
    case CTI_RECORD_THREAD:
        return change_thread(stream, rest);
    case CTI_RECORD_CALIBRATION:
        return calibrate(stream, rest);
    default:
        return NULL; /* of a later version */
    }
}

const char *cti_player_play(cti_stream *stream, const cti_record_head *head, cti_get rest) {
    cti_thread *self = &cti_self;
    cti_player *player = stream->player;
    if (stream->stances == NULL && !stand_at(stream, 0)) {
        return no_memory;
    }
    cti_thread_know(self);
    cti_scope *before = self->scope;
    player->moment = (ctrace_moment){.time_ns = head->time + stream->epoch_offset,
                                     .monotonic_ns = head->time,
                                     .about = &stream->about,
                                     .task_id = stream->stances->task};
    self->scope = &stream->stances->scope;
    const char *problem = play(stream, head, rest);
    self->scope = before;
    return problem;
}

/* ---- Beginning and end ---- */

cti_player *cti_player_new(ctrace_subscriber *inner) {
    cti_player *player = cti_alloc_zeroed(sizeof *player);
    if (player == NULL) {
        ctrace_subscriber_unref(inner);
        return NULL;
    }
    ctrace_subscriber_init(&player->base, &ops);
    player->inner = inner;
    player->tree = cti_tree_of(&player->base);
    if (player->tree == NULL) {
        ctrace_subscriber_unref(&player->base);
        return NULL;
    }
    return player;
}

cti_stream *cti_player_stream(cti_player *player) {
    cti_stream *stream = cti_alloc_zeroed(sizeof *stream);
    if (stream != NULL) {
        stream->player = player;
        stream->about.name = stream->name;
        stream->next = player->streams;
        player->streams = stream;
    }
    return stream;
}

void cti_player_end(cti_player *player) {
    for (cti_stream *stream = player->streams; stream != NULL; stream = stream->next) {
        free_stances(stream);
    }
    for (size_t i = 0; i < player->spans.capacity; i++) {
        if (player->spans.places[i].id != 0) {
            let_go(player->spans.places[i]);
        }
    }
    cti_free(player->spans.places);
    ctrace_forward_flush(player->inner, CTRACE_FOREVER);
    while (player->streams != NULL) {
        cti_stream *next = player->streams->next;
        cti_free(player->streams);
        player->streams = next;
    }
    cti_played_sites_release(&player->sites);
    ctrace_subscriber_unref(&player->base);
}

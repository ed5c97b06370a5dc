/* From records back to callbacks. What does not fit together is passed over: a span whose beginning
 * found no room has no entries, no end and no children here either. */
#include <string.h>

#include "base/memory.h"
#include "compose/deferred_reader.h"
#include "core/dispatch.h"
#include "core/event.h"
#include "core/record.h"
#include "core/scratch.h"
#include "record/printf.h"

/* ---- Callbacks ---- */

typedef void span_callback(ctrace_subscriber *, ctrace_span *, const ctrace_moment *);

static uint64_t ns_of(const cti_reader *reader, uint64_t ticks) {
    return cti_ticks_to_ns(reader->before, reader->now, ticks);
}

/* Records that come late lie on another line than those before them: a thread's time does not run
 * backwards for that. */
static ctrace_moment moment_of(const cti_reader *reader, cti_source *source, uint64_t ticks) {
    const uint64_t ns = ns_of(reader, ticks);
    source->last_ns = ns > source->last_ns ? ns : source->last_ns;
    const ctrace_moment then = {.time_ns = source->last_ns + reader->epoch_offset,
                                .monotonic_ns = source->last_ns,
                                .about = &source->about,
                                .task_id = source->stands->task};
    return then;
}

static void call(const cti_reader *reader, span_callback *callback, ctrace_span *span,
                 const ctrace_moment *moment) {
    if (callback != NULL) {
        callback(reader->tree->root, span, moment);
    }
}

/* ---- Looking things up ---- */

static bool make_room_for_sites(cti_reader *reader) {
    if (reader->site_count < reader->site_capacity) {
        return true;
    }
    const uint32_t capacity = reader->site_capacity == 0 ? 64 : 2 * reader->site_capacity;
    cti_site **sites = cti_resize(reader->sites, capacity * sizeof *sites);
    if (sites == NULL) {
        return false;
    }
    reader->sites = sites;
    reader->site_capacity = capacity;
    return true;
}

/* Takes note of the callsites that were added since the last time. */
static void learn_sites(cti_reader *reader) {
    const uint32_t count = reader->site_count;
    cti_site *site = count == 0 ? cti_site_first() : cti_site_next(reader->sites[count - 1]);
    for (; site != NULL && make_room_for_sites(reader); site = cti_site_next(site)) {
        reader->sites[reader->site_count++] = site;
    }
}

static cti_site *site_of(cti_reader *reader, uint32_t id) {
    if (id >= reader->site_count) {
        learn_sites(reader);
    }
    return id < reader->site_count ? reader->sites[id] : NULL;
}

/* The innermost rebuilt span where the source stands. */
static ctrace_span *span_here(cti_reader *reader, cti_source *source) {
    cti_stand *stand = source->stands;
    if (stand->found_at != reader->changes) {
        const cti_rebuilt *found = cti_spans_find(&reader->spans, stand->here);
        stand->span = found == NULL ? NULL : found->span;
        stand->found_at = reader->changes;
    }
    return stand->span;
}

/* From here on this thread stands where the record's did. */
static void stand_there(cti_reader *reader, cti_source *source) {
    source->stands->scope.current = span_here(reader, source);
    reader->thread->scope = &source->stands->scope;
}

/* ---- Spans ---- */

/* Nobody wants the span: what happens in it happens in the next one outwards. */
static void make_alias(cti_rebuilt *rebuilt, ctrace_span *outer) {
    rebuilt->alias = true;
    rebuilt->span = outer;
    if (outer != NULL) {
        cti_fetch_add(&outer->holds, 1u);
    }
}

static ctrace_span *rebuild(cti_reader *reader, cti_site *site, const ctrace_value *values,
                            ctrace_span *outer, uint64_t id, const uint64_t trace[2]) {
    ctrace_span *span = cti_span_create(reader->thread, reader->tree, site, values, outer, NULL);
    if (span != NULL) {
        cti_span_pin(span);
        span->id = id;
        if (span->root == span) {
            span->trace_id[0] = trace[0];
            span->trace_id[1] = trace[1];
        }
    }
    return span;
}

static void begin_span(cti_reader *reader, cti_source *source, const cti_record_head *head,
                       cti_get rest) {
    uint64_t id, parent, trace[2];
    ctrace_value values[CTI_RECORD_VALUES];
    uint32_t count;
    cti_site *site = site_of(reader, head->subject);
    if (!cti_get_word(&rest, &id) || !cti_get_word(&rest, &parent) ||
        !cti_get_word(&rest, &trace[0]) || !cti_get_word(&rest, &trace[1]) ||
        !cti_get_values(&rest, values, &count) || site == NULL ||
        count != site->description.field_count || id == 0 ||
        cti_spans_find(&reader->spans, id) != NULL) {
        return;
    }
    const cti_rebuilt *around = cti_spans_find(&reader->spans, parent);
    ctrace_span *outer = around == NULL ? NULL : around->span;
    cti_rebuilt *rebuilt = cti_spans_add(&reader->spans, id);
    reader->changes += 1;
    if (rebuilt == NULL) {
        cti_lost_span(&site->description);
        return;
    }
    rebuilt->parent = parent;
    if (!cti_tree_wants(reader->tree, site)) {
        make_alias(rebuilt, outer);
        return;
    }
    rebuilt->span = rebuild(reader, site, values, outer, id, trace);
    if (rebuilt->span == NULL) {
        cti_lost_span(&site->description);
        make_alias(rebuilt, outer);
        return;
    }
    const ctrace_moment then = moment_of(reader, source, head->time);
    call(reader, reader->tree->ops->on_span_new, rebuilt->span, &then);
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
    const ctrace_moment then = moment_of(reader, source, time);
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
    stand_there(reader, source);
    const ctrace_moment then = moment_of(reader, source, time);
    call(reader, reader->tree->ops->on_span_exit, rebuilt->span, &then);
}

/* Takes the span off all stands. Its exits found no room, or came from where it was not entered. */
static void leave_everywhere(const cti_reader *reader, cti_rebuilt *rebuilt,
                             const ctrace_moment *then) {
    for (cti_source *source = cti_load_acquire(&reader->deferred->sources); source != NULL;
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

/* The values recorded, with their keys, as far as the span has such fields. */
static uint32_t get_recorded(cti_get *get, const ctrace_span *span, const char **ret_keys,
                             ctrace_value *ret_values) {
    uint8_t count, index;
    uint32_t known = 0;
    if (!cti_get_byte(get, &count) || count > CTI_RECORD_VALUES) {
        return 0;
    }
    for (uint8_t i = 0; i < count; i++) {
        if (!cti_get_byte(get, &index) || !cti_get_value(get, &ret_values[known])) {
            return known;
        }
        if (index < span->fields.count) {
            ret_keys[known++] = span->fields.keys[index];
        }
    }
    return known;
}

static void record_in_span(cti_reader *reader, cti_source *source, cti_rebuilt *rebuilt,
                           const cti_record_head *head, cti_get rest) {
    const char *keys[CTI_RECORD_VALUES];
    ctrace_value values[CTI_RECORD_VALUES];
    if (rebuilt->alias) {
        return;
    }
    const uint32_t count = get_recorded(&rest, rebuilt->span, keys, values);
    if (count == 0 || !cti_record_values(rebuilt->span, keys, values, count)) {
        return;
    }
    const ctrace_fields fields = {keys, values, count};
    const ctrace_moment then = moment_of(reader, source, head->time);
    if (reader->tree->ops->on_span_record != NULL) {
        reader->tree->ops->on_span_record(reader->tree->root, rebuilt->span, &fields, &then);
    }
}

static void follow(cti_reader *reader, cti_source *source, const cti_rebuilt *rebuilt,
                   const cti_record_head *head, cti_get rest) {
    uint64_t id;
    const cti_rebuilt *cause = cti_get_word(&rest, &id) ? cti_spans_find(&reader->spans, id) : NULL;
    if (rebuilt->alias || cause == NULL || cause->alias ||
        reader->tree->ops->on_span_follows == NULL) {
        return;
    }
    const ctrace_moment then = moment_of(reader, source, head->time);
    reader->tree->ops->on_span_follows(reader->tree->root, rebuilt->span, cause->span, &then);
}

/* A record that begins with a span's identity. */
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
        const ctrace_moment then = moment_of(reader, source, head->time);
        close_span(reader, rebuilt, &then);
        break;
    }
    }
}

void cti_replay_close(cti_reader *reader, uint64_t id, uint64_t time) {
    cti_rebuilt *rebuilt = cti_spans_find(&reader->spans, id);
    if (rebuilt != NULL) {
        const ctrace_moment then = {
            .time_ns = time + reader->epoch_offset, .monotonic_ns = time, .thread = reader->thread};
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
    cti_free(reader->sites);
}

/* ---- Events ---- */

static void deliver(cti_reader *reader, cti_source *source, ctrace_event *event, uint64_t time) {
    const ctrace_moment then = moment_of(reader, source, time);
    event->tree = reader->tree;
    event->span = reader->thread->scope->current;
    reader->tree->ops->on_event(reader->tree->root, event, &then);
}

/* The message as printf would have made it. */
static void deliver_formatted(cti_reader *reader, cti_source *source, ctrace_event *event,
                              const cti_record_head *head) {
    const cti_printf *parsed = cti_load_acquire(&event->site->format);
    ctrace_buf *text = cti_scratch_take();
    const char *message = NULL;
    if (parsed != NULL && text != NULL &&
        cti_printf_print(parsed, event->site->description.name, event->fields.values,
                         event->fields.count, text)) {
        message = ctrace_buf_bytes(text, &event->message_size);
    }
    event->fields = (ctrace_fields){NULL, NULL, 0};
    if (message != NULL) {
        event->message = message;
        deliver(reader, source, event, head->time);
    } else {
        cti_lost_event(&event->site->description);
    }
    cti_scratch_give(text);
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

static void replay_event(cti_reader *reader, cti_source *source, const cti_record_head *head,
                         cti_get rest) {
    ctrace_value values[CTI_RECORD_VALUES];
    cti_site *site = site_of(reader, head->subject);
    if (site == NULL || reader->tree->ops->on_event == NULL ||
        !cti_tree_wants(reader->tree, site)) {
        return;
    }
    ctrace_event event;
    event.site = site;
    event.message = site->description.name;
    event.arguments = NULL;
    event.fields.keys = site->description.field_names;
    event.fields.values = values;
    if ((head->kind == CTI_RECORD_EVENT_TEXT && !get_text(&rest, &event)) ||
        !cti_get_values(&rest, values, &event.fields.count)) {
        return;
    }
    if (head->kind == CTI_RECORD_EVENT_FORMAT) {
        deliver_formatted(reader, source, &event, head);
    } else if (event.fields.count <= site->description.field_count) {
        deliver(reader, source, &event, head->time);
    }
}

/* ---- Records ---- */

static void change_stand(cti_source *source, cti_get rest) {
    uint64_t task, span;
    if (cti_get_word(&rest, &task) && cti_get_word(&rest, &span)) {
        cti_stand_at(source, task, span);
    }
}

void cti_replay(cti_reader *reader, cti_source *source, const cti_record_head *head, cti_get rest) {
    stand_there(reader, source);
    switch (head->kind) {
    case CTI_RECORD_EVENT:
    case CTI_RECORD_EVENT_TEXT:
    case CTI_RECORD_EVENT_FORMAT:
        replay_event(reader, source, head, rest);
        break;
    case CTI_RECORD_STAND:
        change_stand(source, rest);
        break;
    case CTI_RECORD_SPAN_NEW:
        begin_span(reader, source, head, rest);
        break;
    case CTI_RECORD_SPAN_RECORD:
    case CTI_RECORD_SPAN_FOLLOWS:
    case CTI_RECORD_SPAN_ENTER:
    case CTI_RECORD_SPAN_EXIT:
    case CTI_RECORD_SPAN_CLOSE:
        change_span(reader, source, head, rest);
        break;
    default:
        break;
    }
}

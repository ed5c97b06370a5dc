/* From records back to callbacks. What does not fit together is passed over: a span whose beginning
 * found no room has no entries, no end and no children here either. */
#include <string.h>

#include "base/memory.h"
#include "compose/deferred_reader.h"
#include "core/scratch.h"
#include "record/printf.h"

/* ---- Time ---- */

uint64_t cti_replay_ns(const cti_reader *reader, uint64_t ticks) {
    return cti_ticks_to_ns(&reader->line, ticks);
}

/* Records that come late lie on another line than those before them: a thread's time does not run
 * backwards for that. */
ctrace_moment cti_replay_moment(const cti_reader *reader, cti_source *source, uint64_t ticks) {
    const uint64_t ns = cti_replay_ns(reader, ticks);
    const bool told = source->told_ns[0] != 0;
    source->last_ns = ns > source->last_ns ? ns : source->last_ns;
    const ctrace_moment then = {.time_ns = told ? source->told_ns[0]
                                                : source->last_ns + reader->epoch_offset,
                                .monotonic_ns = told ? source->told_ns[1] : source->last_ns,
                                .about = &source->about,
                                .task_id = source->stands->task};
    return then;
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

cti_site *cti_replay_site(cti_reader *reader, uint32_t id) {
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

void cti_replay_stand(cti_reader *reader, cti_source *source) {
    cti_scope *scope = &source->stands->scope;
    scope->current = span_here(reader, source);
    scope->listener = reader->tree; /* who asks what is wanted here asks among its nodes */
    scope->chosen = true;
    cti_thread_stand(reader->thread, scope);
}

/* ---- Events ---- */

static void deliver(cti_reader *reader, cti_source *source, ctrace_event *event, uint64_t time) {
    const ctrace_moment then = cti_replay_moment(reader, source, time);
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

/* How many values a record of the callsite has. */
static uint32_t count_values(const cti_site *site, uint32_t kind) {
    const cti_printf *parsed =
        kind == CTI_RECORD_EVENT_FORMAT ? cti_load_acquire(&site->format) : NULL;
    return parsed == NULL ? site->description.field_count : parsed->values;
}

static void replay_event(cti_reader *reader, cti_source *source, const cti_record_head *head,
                         cti_get rest) {
    ctrace_value values[CTI_RECORD_VALUES];
    cti_site *site = cti_replay_site(reader, head->subject);
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
    event.fields.count = count_values(site, head->kind);
    if ((head->kind == CTI_RECORD_EVENT_TEXT && !get_text(&rest, &event)) ||
        !cti_get_values(&rest, values, event.fields.count)) {
        return;
    }
    if (head->kind == CTI_RECORD_EVENT_FORMAT) {
        deliver_formatted(reader, source, &event, head);
    } else {
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

static void replay(cti_reader *reader, cti_source *source, const cti_record_head *head,
                   cti_get rest) {
    cti_replay_stand(reader, source);
    switch (head->kind) {
    case CTI_RECORD_EVENT:
    case CTI_RECORD_EVENT_TEXT:
    case CTI_RECORD_EVENT_FORMAT:
        replay_event(reader, source, head, rest);
        break;
    case CTI_RECORD_STAND:
        change_stand(source, rest);
        break;
    case CTI_RECORD_SPAN_OPEN:
    case CTI_RECORD_SPAN_NEW:
    case CTI_RECORD_SPAN_TRACED:
    case CTI_RECORD_SPAN_RECORD:
    case CTI_RECORD_SPAN_FOLLOWS:
    case CTI_RECORD_SPAN_ENTER:
    case CTI_RECORD_SPAN_EXIT:
    case CTI_RECORD_SPAN_CLOSE:
    case CTI_RECORD_SPAN_END:
        cti_replay_span(reader, source, head, rest);
        break;
    default:
        break;
    }
}

static void take_note_of_moment(cti_source *source, cti_get rest) {
    uint64_t told[2];
    if (cti_get_word(&rest, &told[0]) && cti_get_word(&rest, &told[1])) {
        memcpy(source->told_ns, told, sizeof told);
    }
}

void cti_replay_lose(cti_reader *reader, const cti_record_head *head) {
    const cti_site *site = cti_replay_site(reader, head->subject);
    const ctrace_callsite *description = site == NULL ? NULL : &site->description;
    switch (head->kind) {
    case CTI_RECORD_EVENT:
    case CTI_RECORD_EVENT_TEXT:
    case CTI_RECORD_EVENT_FORMAT:
        cti_lost_event(description);
        break;
    case CTI_RECORD_SPAN_OPEN:
    case CTI_RECORD_SPAN_NEW:
    case CTI_RECORD_SPAN_TRACED:
        cti_lost_span(description);
        break;
    default:
        break;
    }
}

void cti_replay(cti_reader *reader, cti_source *source, const cti_record_head *head, cti_get rest) {
    if (CTRACE_I_UNLIKELY(head->kind == CTI_RECORD_MOMENT)) {
        take_note_of_moment(source, rest);
        return;
    }
    replay(reader, source, head, rest);
    source->told_ns[0] = 0;
}

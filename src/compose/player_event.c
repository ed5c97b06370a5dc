/* Events of a recording, delivered where its thread stood. */
#include "compose/player_parts.h"
#include "core/scratch.h"

static void deliver(cti_stream *stream, ctrace_event *event) {
    cti_player *player = stream->player;
    const cti_rebuilt *here = cti_spans_find(&player->spans, stream->stances->here);
    stream->stances->scope.current = here == NULL ? NULL : here->span;
    event->span = stream->stances->scope.current;
    event->tree = player->tree;
    if (cti_tree_wants(player->tree, event->site) && cti_section_enter(&cti_self)) {
        ctrace_forward_event(player->inner, event, &player->moment);
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

const char *cti_play_event(cti_stream *stream, const cti_record_head *head, cti_get rest) {
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
        return CTI_PLAYER_DAMAGED;
    }
    if (formatted) {
        return deliver_formatted(stream, played, &event);
    }
    deliver(stream, &event);
    return NULL;
}

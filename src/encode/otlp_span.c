#include <strings.h>

#include "core/remote.h"
#include "core/sampling.h"
#include "core/value.h"
#include "encode/otlp.h"

enum { HAS_IS_REMOTE = 0x100, IS_REMOTE = 0x200 };

static const char *trace_state(const ctrace_span *span) {
    const cti_remote *remote = cti_remote_of(span);
    return remote == NULL ? "" : remote->tracestate;
}

static void put_trace_state(cti_otlp_pen *pen, const ctrace_span *span) {
    const char *state = trace_state(span);
    if (*state != '\0') {
        cti_otlp_text(pen, 3, "traceState", state, strlen(state));
    }
}

static void put_ids(cti_otlp_pen *pen, const ctrace_span *span) {
    uint64_t trace[2];
    const uint64_t id = ctrace_span_id(span);
    cti_trace_words(span, trace);
    cti_otlp_id(pen, 1, "traceId", trace, 2);
    cti_otlp_id(pen, 2, "spanId", &id, 1);
    put_trace_state(pen, span);
}

/* Some counts are all that is left of what was dropped. */
static void put_dropped(cti_otlp_pen *pen, uint32_t field, const char *name, uint32_t count) {
    if (count != 0) {
        cti_otlp_number(pen, field, name, count);
    }
}

/* ---- What fields say of the span ---- */

/* The text of the last field of that key. */
static bool find_text(const ctrace_span *span, const char *key, ctrace_value *ret_text) {
    const ctrace_fields *fields = &span->fields;
    const ctrace_value *values = cti_fields_values(fields);
    for (uint32_t i = fields->count; i-- > 0;) {
        if (values[i].kind == CTRACE_VALUE_STRING && values[i].as.string != NULL &&
            strcmp(fields->keys[i], key) == 0) {
            *ret_text = values[i];
            cti_value_measure(ret_text);
            return true;
        }
    }
    return false;
}

/* Which of the words it is, in whatever case; `count` for none of them. */
static uint32_t find_word(const ctrace_value *text, const char *const *words, uint32_t count) {
    uint32_t i = 0;
    while (i < count && (strlen(words[i]) != text->size ||
                         strncasecmp(words[i], text->as.string, text->size) != 0)) {
        i++;
    }
    return i;
}

static uint32_t kind_of(const ctrace_span *span) {
    static const char *const kinds[] = {"internal", "server", "client", "producer", "consumer"};
    ctrace_value text;
    const uint32_t found = find_text(span, "otel.kind", &text) ? find_word(&text, kinds, 5) : 0;
    return found < 5 ? found + 1 : 1;
}

static uint32_t status_code(const cti_otlp_ended *ended, bool *ret_said) {
    static const char *const codes[] = {"unset", "ok", "error"};
    ctrace_value text;
    const uint32_t found =
        find_text(ended->span, "otel.status_code", &text) ? find_word(&text, codes, 3) : 3;
    *ret_said = found < 3;
    return *ret_said ? found : ended->had_error ? CTI_OTLP_ERROR : CTI_OTLP_UNSET;
}

/* A message is for errors: with other codes the specification has it passed over. */
static void put_status(cti_otlp_pen *pen, const cti_otlp_ended *ended) {
    ctrace_value text = {.as.string = ended->error_message, .size = (uint32_t)ended->error_size};
    bool said;
    uint32_t code = status_code(ended, &said);
    const bool has_text = find_text(ended->span, "otel.status_message", &text);
    if (has_text && !said) {
        code = CTI_OTLP_ERROR;
    }
    if (code == CTI_OTLP_UNSET) {
        return;
    }
    const size_t status = cti_otlp_begin(pen, 15, "status");
    if (code == CTI_OTLP_ERROR && text.as.string != NULL && text.size != 0) {
        cti_otlp_text(pen, 2, "message", text.as.string, text.size);
    }
    cti_otlp_number(pen, 3, "code", code);
    cti_otlp_end(pen, status);
}

/* ---- The record ---- */

static void put_parent_and_flags(cti_otlp_pen *pen, const cti_otlp_ended *ended) {
    const ctrace_span *parent = ctrace_span_parent(ended->span, ended->viewer);
    const bool comes_from_elsewhere = parent == NULL && cti_remote_of(ended->span) != NULL;
    const uint64_t id = ctrace_span_id(comes_from_elsewhere ? ended->span->root : parent);
    const uint32_t flags = cti_trace_flags(ended->span) | HAS_IS_REMOTE;
    if (id != 0) {
        cti_otlp_id(pen, 4, "parentSpanId", &id, 1);
    }
    cti_otlp_fixed32(pen, 16, "flags", comes_from_elsewhere ? flags | IS_REMOTE : flags);
}

static void put_items(cti_otlp_pen *pen, const char *name, const cti_otlp_items *items) {
    if (items->count != 0) {
        cti_otlp_list_begin(pen, name);
        cti_buf_put(pen->buf, items->encoded.bytes, items->encoded.size);
        cti_otlp_list_end(pen);
    }
}

void cti_otlp_put_span(cti_otlp_pen *pen, const cti_otlp_ended *ended,
                       const cti_otlp_limits *limits) {
    const ctrace_span *span = ended->span;
    const char *name = span->site->description.name;
    const size_t item = cti_otlp_item_begin(pen, 2);
    put_ids(pen, span);
    put_parent_and_flags(pen, ended);
    cti_otlp_text(pen, 5, "name", name, strlen(name));
    cti_otlp_number(pen, 6, "kind", kind_of(span));
    cti_otlp_fixed64(pen, 7, "startTimeUnixNano", ended->start_ns);
    cti_otlp_fixed64(pen, 8, "endTimeUnixNano", ended->end_ns);
    put_dropped(
        pen, 10, "droppedAttributesCount",
        cti_otlp_attributes(pen, 9, &span->fields, limits->attributes, limits->value_length));
    put_items(pen, "events", ended->events);
    put_dropped(pen, 12, "droppedEventsCount", ended->events->dropped);
    put_items(pen, "links", ended->links);
    put_dropped(pen, 14, "droppedLinksCount", ended->links->dropped);
    put_status(pen, ended);
    cti_otlp_end(pen, item);
}

void cti_otlp_put_link(cti_otlp_pen *pen, const ctrace_span *cause) {
    const size_t item = cti_otlp_item_begin(pen, 13);
    const uint32_t flags = cti_trace_flags(cause) | HAS_IS_REMOTE;
    put_ids(pen, cause);
    cti_otlp_fixed32(pen, 6, "flags", cti_span_is_remote(cause) ? flags | IS_REMOTE : flags);
    cti_otlp_end(pen, item);
}

void cti_otlp_put_span_event(cti_otlp_pen *pen, const cti_notice *notice,
                             const cti_otlp_limits *limits) {
    const size_t item = cti_otlp_item_begin(pen, 11);
    cti_otlp_fixed64(pen, 1, "timeUnixNano", ctrace_moment_time_ns(notice->moment));
    cti_otlp_text(pen, 2, "name", notice->message,
                  cti_otlp_cut(notice->message, notice->message_size, UINT32_MAX));
    put_dropped(
        pen, 4, "droppedAttributesCount",
        cti_otlp_attributes(pen, 3, notice->fields, limits->of_event, limits->value_length));
    cti_otlp_end(pen, item);
}

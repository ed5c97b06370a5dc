/* Lines of OpenTelemetry's JSON: an ExportTraceServiceRequest or ExportLogsServiceRequest each. */
#include <string.h>

#include "base/buf.h"
#include "base/hex.h"
#include "cli/tree.h"
#include "encode/escape.h"
#include "encode/style.h"

/* Does something with an element of an array. */
typedef const char *(*visitor)(tree_source *source, const json_node *element, const void *argument);

static const char *each(tree_source *source, const json_node *parent, const char *key,
                        visitor visit, const void *argument) {
    const json_doc *json = &source->json;
    const json_node *array = json_member(json, parent, key);
    const char *problem = NULL;
    for (const json_node *at = json_first(json, array); at != NULL;
         at = json_next(json, array, at)) {
        const char *here = visit(source, at, argument);
        problem = problem == NULL ? here : problem;
    }
    return problem;
}

/* ---- Attributes ---- */

/* What an AnyValue holds, whichever kind it is of. */
static const json_node *held(const json_doc *json, const json_node *any) {
    const json_node *key = any == NULL || any->kind != JSON_OBJECT ? NULL : json_first(json, any);
    return key == NULL ? NULL : json_next(json, any, key);
}

static void put_any(tree_source *source, const json_node *any) {
    const json_doc *json = &source->json;
    const json_node *number = json_member(json, any, "intValue");
    const json_node *value = number != NULL ? number : held(json, any);
    if (value == NULL) {
        cti_buf_literal(&source->text, "null");
    } else if (number != NULL || value->kind != JSON_STRING) {
        cti_escape_bare(&source->text, json->text + value->at, value->size);
    } else {
        tree_put_value(source, value);
    }
}

static const char *put_attribute(tree_source *source, const json_node *attribute,
                                 const void *none) {
    (void)none;
    const json_node *key = json_member(&source->json, attribute, "key");
    if (key == NULL || key->kind != JSON_STRING) {
        return "an attribute has no key";
    }
    source->string.size = 0;
    json_put_string(&source->string, &source->json, key);
    tree_put_key(&source->text, source->forest->color, source->string.bytes, source->string.size);
    put_any(source, json_member(&source->json, attribute, "value"));
    return NULL;
}

static const json_node *service_of(const json_doc *json, const json_node *holder) {
    const json_node *resource = json_member(json, holder, "resource");
    const json_node *attributes = json_member(json, resource, "attributes");
    for (const json_node *at = json_first(json, attributes); at != NULL;
         at = json_next(json, attributes, at)) {
        if (json_is(json, json_member(json, at, "key"), "service.name")) {
            return json_member(json, json_member(json, at, "value"), "stringValue");
        }
    }
    return NULL;
}

/* ---- Spans ---- */

static const char *find_span(tree_source *source, const json_node *object, forest_span **ret_span) {
    const json_doc *json = &source->json;
    forest_id id = {.span = 0};
    if (!json_hex(json, json_member(json, object, "traceId"), id.trace, 2) ||
        !json_hex(json, json_member(json, object, "spanId"), &id.span, 1) || id.span == 0) {
        return "traceId or spanId is none";
    }
    *ret_span = forest_span_of(source->forest, &id);
    return NULL;
}

static void nest(tree_source *source, forest_span *span, const json_node *object) {
    forest_id id = span->id;
    if (json_hex(&source->json, json_member(&source->json, object, "parentSpanId"), &id.span, 1) &&
        id.span != 0) {
        forest_nest(span, forest_span_of(source->forest, &id));
    }
}

static void put_status(tree_source *source, const json_node *object) {
    const json_doc *json = &source->json;
    const json_node *status = json_member(json, object, "status");
    const json_node *message = json_member(json, status, "message");
    uint64_t code;
    if (!json_u64(json, json_member(json, status, "code"), &code) || code != 2) {
        return;
    }
    cti_buf_char(&source->text, ' ');
    cti_put_styled(&source->text, source->forest->color, cti_style_of_level(CTRACE_LEVEL_ERROR),
                   "error");
    if (message != NULL && message->size > 0) {
        cti_buf_literal(&source->text, ": ");
        tree_put_text(source, message, NULL);
    }
}

static const char *add_span_event(tree_source *source, const json_node *event,
                                  const void *argument) {
    forest_span *span = (forest_span *)(uintptr_t)argument;
    const json_doc *json = &source->json;
    uint64_t time_ns;
    if (!json_u64(json, json_member(json, event, "timeUnixNano"), &time_ns)) {
        return "timeUnixNano is none";
    }
    source->text.size = 0;
    tree_put_text(source, json_member(json, event, "name"), NULL);
    const char *problem = each(source, event, "attributes", put_attribute, NULL);
    forest_add(source->forest, span, time_ns, 0, span->item.process, &source->text);
    return problem;
}

static const char *add_link(tree_source *source, const json_node *link, const void *argument) {
    forest_span *span = (forest_span *)(uintptr_t)argument;
    source->text.size = 0;
    cti_buf_literal(&source->text, "follows ");
    tree_put_text(source, json_member(&source->json, link, "traceId"), NULL);
    cti_buf_char(&source->text, ':');
    tree_put_text(source, json_member(&source->json, link, "spanId"), NULL);
    forest_add(source->forest, span, span->item.time_ns, 0, span->item.process, &source->text);
    return NULL;
}

static const char *describe(tree_source *source, forest_span *span, const json_node *object,
                            const char *process) {
    source->text.size = 0;
    tree_put_text(source, json_member(&source->json, object, "name"), CTI_STYLE_BOLD);
    const char *problem = each(source, object, "attributes", put_attribute, NULL);
    put_status(source, object);
    forest_describe(source->forest, span, process, 1, &source->text);
    return problem;
}

static const char *add_span(tree_source *source, const json_node *object, const void *process) {
    const json_doc *json = &source->json;
    uint64_t begin, end;
    forest_span *span = NULL;
    const char *problem = find_span(source, object, &span);
    if (problem != NULL || span == NULL) {
        return problem;
    }
    if (!json_u64(json, json_member(json, object, "startTimeUnixNano"), &begin) ||
        !json_u64(json, json_member(json, object, "endTimeUnixNano"), &end)) {
        return "startTimeUnixNano or endTimeUnixNano is none";
    }
    nest(source, span, object);
    span->item.time_ns = begin;
    span->end_ns = end < begin ? begin : end;
    span->begin_known = span->end_known = true;
    problem = describe(source, span, object, process);
    const char *events = each(source, object, "events", add_span_event, span);
    const char *links = each(source, object, "links", add_link, span);
    return problem != NULL ? problem : events != NULL ? events : links;
}

/* ---- Log records ---- */

/* Four severities of theirs are one level of ours. */
static ctrace_level level_of(uint64_t severity) {
    if (severity == 0) {
        return 0;
    }
    return severity > 16 ? CTRACE_LEVEL_ERROR : CTRACE_LEVEL_TRACE + (int)((severity - 1) / 4);
}

typedef struct log_scope {
    const char *process;
    const json_node *name; /* the instrumentation scope's: our target */
} log_scope;

static const char *put_log(tree_source *source, const json_node *record, const log_scope *scope) {
    source->text.size = 0;
    tree_put_text(source, scope->name, CTI_STYLE_DIM);
    cti_buf_put(&source->text, ": ", source->text.size == 0 ? 0 : 2);
    tree_put_text(source, held(&source->json, json_member(&source->json, record, "body")), NULL);
    return each(source, record, "attributes", put_attribute, NULL);
}

static bool log_time(const json_doc *json, const json_node *record, uint64_t *ret_ns) {
    return (json_u64(json, json_member(json, record, "timeUnixNano"), ret_ns) && *ret_ns != 0) ||
           json_u64(json, json_member(json, record, "observedTimeUnixNano"), ret_ns);
}

static const char *add_log(tree_source *source, const json_node *record, const void *argument) {
    const log_scope *scope = argument;
    const json_doc *json = &source->json;
    const json_node *trace = json_member(json, record, "traceId");
    uint64_t time_ns, severity = 0;
    forest_span *span = NULL;
    if (trace == NULL || trace->size == 0) {
        return NULL; /* outside of any trace */
    }
    const char *problem = find_span(source, record, &span);
    json_u64(json, json_member(json, record, "severityNumber"), &severity);
    if (problem != NULL || span == NULL || !forest_wants(source->forest, level_of(severity))) {
        return problem;
    }
    if (!log_time(json, record, &time_ns)) {
        return "timeUnixNano is none";
    }
    problem = put_log(source, record, scope);
    forest_add(source->forest, span, time_ns, level_of(severity), scope->process, &source->text);
    return problem;
}

/* ---- Requests ---- */

static const char *add_scope_spans(tree_source *source, const json_node *holder,
                                   const void *process) {
    return each(source, holder, "spans", add_span, process);
}

static const char *add_scope_logs(tree_source *source, const json_node *holder,
                                  const void *process) {
    const json_node *name =
        json_member(&source->json, json_member(&source->json, holder, "scope"), "name");
    const log_scope scope = {process, name};
    return each(source, holder, "logRecords", add_log, &scope);
}

static const char *add_resource_spans(tree_source *source, const json_node *holder,
                                      const void *none) {
    (void)none;
    const char *process = tree_process(source, service_of(&source->json, holder));
    return each(source, holder, "scopeSpans", add_scope_spans, process);
}

static const char *add_resource_logs(tree_source *source, const json_node *holder,
                                     const void *none) {
    (void)none;
    const char *process = tree_process(source, service_of(&source->json, holder));
    return each(source, holder, "scopeLogs", add_scope_logs, process);
}

const char *tree_read_otlp(tree_source *source) {
    const json_node *whole = source->json.nodes;
    const char *spans = each(source, whole, "resourceSpans", add_resource_spans, NULL);
    const char *logs = each(source, whole, "resourceLogs", add_resource_logs, NULL);
    return spans != NULL ? spans : logs;
}

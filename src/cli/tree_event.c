/* Lines of our own JSON sink, flat or nested.
 *
 * A flat line names its spans by identities. A nested line has none: its spans are told apart by
 * their names and fields, up to the line that says that they are closed. */
#include <string.h>

#include "base/buf.h"
#include "cli/tree.h"
#include "encode/style.h"

typedef struct event_line {
    const json_node *whole;
    const json_node *fields;  /* of the event; flat: the whole */
    const json_node *message; /* a string */
    const json_node *spans;   /* outermost first, or NULL */
    const char *process;
    uint64_t time_ns;
    ctrace_level level;
    bool nested;
} event_line;

/* ---- Fields ---- */

static bool is_one_of(const json_doc *json, const json_node *key, const char *const *names) {
    while (*names != NULL && !json_is(json, key, *names)) {
        names++;
    }
    return *names != NULL;
}

/* Appends all but those that are no fields. */
static void put_fields(tree_source *source, const json_node *object, const char *const *but) {
    for (const json_node *key = json_first(&source->json, object); key != NULL;) {
        const json_node *value = json_next(&source->json, object, key);
        if (!is_one_of(&source->json, key, but)) {
            tree_put_field(source, key, value);
        }
        key = json_next(&source->json, object, value);
    }
}

static void put_event_fields(tree_source *source, const event_line *line) {
    static const char *const flat[] = {"time",       "level",    "msg",     "target",    "span",
                                       "spans",      "trace_id", "span_id", "file",      "line",
                                       "parent_ids", "function", "thread",  "thread_id", NULL};
    static const char *const nested[] = {"message", NULL};
    put_fields(source, line->fields, line->nested ? nested : flat);
}

/* ---- Spans ---- */

/* FNV-1a: tells texts apart. */
static uint64_t mark_of(uint64_t mark, const char *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) {
        mark = (mark ^ (unsigned char)bytes[i]) * 0x100000001b3u;
    }
    return mark | 1;
}

static uint64_t mark_of_node(const tree_source *source, uint64_t mark, const json_node *node) {
    return mark_of(mark ^ 0xcbf29ce484222325u, source->json.text + node->at, node->size);
}

static void describe(tree_source *source, forest_span *span, const json_node *object,
                     const char *process) {
    static const char *const name[] = {"name", NULL};
    const uint64_t mark = mark_of_node(source, 0, object);
    if (forest_is_described(span, mark)) {
        return;
    }
    source->text.size = 0;
    tree_put_text(source, json_member(&source->json, object, "name"), CTI_STYLE_BOLD);
    put_fields(source, object, name);
    forest_describe(source->forest, span, process, mark, &source->text);
}

static size_t count_of(const json_doc *json, const json_node *array) {
    size_t count = 0;
    for (const json_node *at = json_first(json, array); at != NULL;
         at = json_next(json, array, at)) {
        count++;
    }
    return count;
}

/* The innermost span by the identities: those around it, a remote one first, then its own. */
static const char *find_by_ids(tree_source *source, const event_line *line,
                               forest_span **ret_span) {
    const json_doc *json = &source->json;
    const json_node *parents = json_member(json, line->whole, "parent_ids");
    const json_node *object = json_first(json, line->spans);
    const json_node *at = json_first(json, parents);
    size_t ids = count_of(json, parents) + 1;
    size_t objects = count_of(json, line->spans);
    forest_id id = {.span = 0};
    forest_span *span = NULL;
    if (!json_hex(json, json_member(json, line->whole, "trace_id"), id.trace, 2)) {
        return "trace_id is none";
    }
    for (; ids > 0; ids--) {
        const json_node *text = at != NULL ? at : json_member(json, line->whole, "span_id");
        if (!json_hex(json, text, &id.span, 1) || id.span == 0) {
            return "span_id or one of parent_ids is none";
        }
        forest_span *outer = span;
        span = forest_span_of(source->forest, &id);
        if (span == NULL) {
            *ret_span = NULL;
            return NULL;
        }
        forest_nest(span, outer);
        if (object != NULL && ids <= objects) {
            describe(source, span, object, line->process);
            object = json_next(json, line->spans, object);
        }
        at = at == NULL ? NULL : json_next(json, parents, at);
    }
    if (span->item.process == NULL) {
        span->item.process = line->process;
    }
    *ret_span = span;
    return NULL;
}

/* The same by what they say of themselves. */
static forest_span *find_by_texts(tree_source *source, const event_line *line) {
    const json_doc *json = &source->json;
    const json_node *object = json_first(json, line->spans);
    forest_id id = {{source->number, 0}, 0, false};
    forest_span *span = NULL;
    for (; object != NULL; object = json_next(json, line->spans, object)) {
        forest_span *outer = span;
        id.span = mark_of_node(source, id.span, object);
        id.trace[1] = id.trace[1] == 0 ? id.span : id.trace[1];
        span = forest_span_of(source->forest, &id);
        if (span == NULL) {
            return NULL;
        }
        forest_nest(span, outer);
        describe(source, span, object, line->process);
    }
    return span;
}

/* ---- Lines ---- */

/* The exact length, where times are rounded. */
static void measure(const json_doc *json, const event_line *line, forest_span *span) {
    uint64_t busy = 0, idle = 0;
    if (!json_u64(json, json_member(json, line->fields, "time.busy_ns"), &busy) ||
        !json_u64(json, json_member(json, line->fields, "time.idle_ns"), &idle) ||
        busy > INT64_MAX || idle > INT64_MAX || busy + idle > span->end_ns) {
        return;
    }
    span->busy_ns = busy;
    span->busy_known = true;
    if (span->begin_known) {
        span->end_ns = span->item.time_ns + busy + idle;
    } else {
        span->item.time_ns = span->end_ns - busy - idle;
        span->begin_known = true;
    }
}

static void close_span(const json_doc *json, const event_line *line, forest_span *span) {
    span->end_ns = line->time_ns;
    span->end_known = true;
    if (line->nested) {
        forest_forget(span);
    } else {
        measure(json, line, span);
    }
}

/* Takes what is told of the span itself, by the sink's option span_events; false for what is an
 * event. The fields are in source->text. */
static bool tells_span(tree_source *source, const event_line *line, forest_span *span) {
    const json_doc *json = &source->json;
    const bool is_bare = source->text.size == 0;
    const char *key = line->nested ? "time.busy" : "time.busy_ns";
    if (json_is(json, line->message, "new") && is_bare && !span->begin_known) {
        span->item.time_ns = line->time_ns;
        span->begin_known = true;
        return true;
    }
    if (json_is(json, line->message, "close") && json_member(json, line->fields, key) != NULL) {
        close_span(json, line, span);
        return true;
    }
    return is_bare && span->begin_known &&
           (json_is(json, line->message, "enter") || json_is(json, line->message, "exit"));
}

static void add(tree_source *source, const event_line *line, forest_span *span) {
    source->text.size = 0;
    put_event_fields(source, line);
    if (tells_span(source, line, span) || !forest_wants(source->forest, line->level)) {
        return;
    }
    source->text.size = 0;
    tree_put_text(source, json_member(&source->json, line->whole, "target"), CTI_STYLE_DIM);
    cti_buf_put(&source->text, ": ", source->text.size == 0 ? 0 : 2);
    tree_put_text(source, line->message, NULL);
    put_event_fields(source, line);
    forest_add(source->forest, span, line->time_ns, line->level, line->process, &source->text);
}

static ctrace_level level_of(const json_doc *json, const json_node *node) {
    static const char *const names[] = {"TRACE", "DEBUG", "INFO", "WARN", "ERROR"};
    for (int i = 0; i < 5; i++) {
        if (json_is(json, node, names[i])) {
            return CTRACE_LEVEL_TRACE + i;
        }
    }
    return 0;
}

static const char *understand(tree_source *source, event_line *line) {
    const json_doc *json = &source->json;
    const json_node *whole = json->nodes;
    const json_node *service = json_member(json, whole, "service");
    line->whole = whole;
    line->fields = json_member(json, whole, "fields");
    line->nested = json_member(json, whole, "msg") == NULL && line->fields != NULL;
    line->fields = line->nested ? line->fields : whole;
    line->message = json_member(json, line->fields, line->nested ? "message" : "msg");
    line->spans = json_member(json, whole, "spans");
    line->level = level_of(json, json_member(json, whole, "level"));
    line->process = tree_process(
        source, service != NULL ? service : json_member(json, line->fields, "service.name"));
    if (whole->kind != JSON_OBJECT || line->message == NULL) {
        return "this is no event of a JSON sink, nor OpenTelemetry's JSON";
    }
    const char *key = line->nested ? "timestamp" : "time";
    return tree_time(json, json_member(json, whole, key), &line->time_ns) ? NULL
                                                                          : "the time is none";
}

const char *tree_read_event(tree_source *source) {
    event_line line;
    forest_span *span = NULL;
    const char *problem = understand(source, &line);
    if (problem != NULL) {
        return problem;
    }
    if (json_member(&source->json, line.whole, "trace_id") != NULL) {
        problem = find_by_ids(source, &line, &span);
    } else {
        span = find_by_texts(source, &line);
    }
    if (problem == NULL && span != NULL) {
        add(source, &line, span);
    }
    return problem;
}

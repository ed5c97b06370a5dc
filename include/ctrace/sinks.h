/* Sinks: the subscribers that ship, each at the end of the line, with a writer behind it.
 *
 * Constructors take over the writer, also when they fail; options may be NULL and are read during
 * the call only. They return NULL on failure, and ctrace_last_error() says why.
 *
 * An event is one write, whole. What came from outside (messages, keys, names, values) is escaped:
 * no text of a program can break a line or reach a terminal as a control sequence. An event that
 * there is no memory to encode is lost and counted. */
#ifndef CTRACE_SINKS_H
#define CTRACE_SINKS_H

#include "ctrace/detail/types.h"

CTRACE_I_BEGIN_C

/* How a sink tells the time of an event. */
enum {
    CTRACE_TIME_UTC,    /* 2026-11-22T20:28:00.123456Z */
    CTRACE_TIME_LOCAL,  /* 2026-11-22T21:28:00.123456+01:00 */
    CTRACE_TIME_UPTIME, /* seconds since the sink was made: "   1.234567s"; in JSON 1.234567 */
    CTRACE_TIME_NONE
};

/* What becomes an event of its own when it happens to a span; bits. Its message is "new", "enter",
 * "exit" or "close"; level and target are the span's, and the span is the innermost around it. */
enum {
    CTRACE_SPAN_EVENTS_NEW = 1,
    CTRACE_SPAN_EVENTS_ENTER = 2,
    CTRACE_SPAN_EVENTS_EXIT = 4,
    /* With the fields time.busy, how long the span was entered (on several threads at once counts
     * once), and time.idle, the rest of its life. */
    CTRACE_SPAN_EVENTS_CLOSE = 8
};

/* ---- Text, for people ---- */

enum {
    CTRACE_TEXT_FULL,    /* spans with their fields before the message */
    CTRACE_TEXT_COMPACT, /* spans' names before the message, their fields behind the event's */
    CTRACE_TEXT_PRETTY   /* several lines an event: where it is, and each span, on its own */
};

enum {
    CTRACE_COLOR_AUTO, /* when the writer ends in a terminal, unless NO_COLOR or TERM=dumb is set */
    CTRACE_COLOR_ALWAYS,
    CTRACE_COLOR_NEVER
};

typedef struct ctrace_text_options {
    int format; /* CTRACE_TEXT_* */
    int time;   /* CTRACE_TIME_* */
    int color;  /* CTRACE_COLOR_* */
    bool no_target;
    bool no_level;
    bool file; /* where the event was emitted; CTRACE_TEXT_PRETTY always says file and line */
    bool line;
    bool function;
    bool thread_id;       /* the operating system's */
    bool thread_name;     /* the id stands in for a thread without a name */
    unsigned span_events; /* CTRACE_SPAN_EVENTS_*, or'ed */
    uintptr_t reserved[8];
} ctrace_text_options;

/* Writes events as text:
 *
 *     2026-11-22T20:28:00.123456Z  INFO request{path="/x"}:query: shop::db: slow query rows=3 */
CTRACE_API ctrace_subscriber *ctrace_text_new(ctrace_writer *writer,
                                              const ctrace_text_options *options);

/* ---- JSON, for machines ---- */

typedef struct ctrace_json_options {
    bool nested;          /* the shape that Rust's tracing-subscriber writes; see below */
    bool no_spans;        /* without span and spans */
    bool no_ids;          /* without trace_id, span_id and parent_ids */
    bool file;            /* "file", where the event was emitted */
    bool line;            /* "line" */
    bool function;        /* "function" */
    bool thread_id;       /* "thread_id", a number: the operating system's */
    bool thread_name;     /* "thread": its name, or its id as text when it has none */
    unsigned span_events; /* CTRACE_SPAN_EVENTS_*, or'ed */
    int time;             /* CTRACE_TIME_* */
    uintptr_t reserved[8];
} ctrace_json_options;

/* Writes events as JSON, one object a line: time, level, msg, target, the event's fields, then span
 * (the innermost), spans (all, outermost first), trace_id, span_id and parent_ids (those of the
 * spans around it, outermost first: before them all the one in another process that the trace came
 * from), and what the options add.
 *
 * A field whose name is one of those keys, whether or not the options ask for it, gets "field_"
 * before it; in a span's object that holds for "name". Durations are nanoseconds under the key plus
 * "_ns"; of an error number the text is under the key plus "_text". Of two equal keys the last one
 * wins; fields of the process (ctrace_options.fields) give way to the event's.
 *
 * nested  timestamp, level, fields (message first), target, span, spans, and by option filename,
 *         line_number, function, threadName, threadId; no ids. No key is renamed: durations are
 *         text there, a field called "message" takes the message's place, and one called "name"
 *         gives way to its span's name. */
CTRACE_API ctrace_subscriber *ctrace_json_new(ctrace_writer *writer,
                                              const ctrace_json_options *options);

/* ---- logfmt, for both ---- */

typedef struct ctrace_logfmt_options {
    bool no_spans; /* without span and the spans' fields */
    bool no_ids;   /* without trace_id and span_id */
    bool file;
    bool line;
    bool function;
    bool thread_id;       /* "thread_id": the operating system's */
    bool thread_name;     /* "thread": its name, or its id when it has none */
    unsigned span_events; /* CTRACE_SPAN_EVENTS_*, or'ed */
    int time;             /* CTRACE_TIME_* */
    uintptr_t reserved[8];
} ctrace_logfmt_options;

/* Writes events as logfmt, with the keys of ctrace_json_new():
 *
 *     time=2026-11-22T20:28:00.123456Z level=INFO msg="slow query" target=shop::db took=1.5ms
 *     rows=3 request.path=/x span=request:query trace_id=… span_id=…   (one line)
 *
 * A span's field is called by the span's name and its own. What could not stand in a key is "_"
 * there. Values are as in text, in quotes where they must be. */
CTRACE_API ctrace_subscriber *ctrace_logfmt_new(ctrace_writer *writer,
                                                const ctrace_logfmt_options *options);

/* ---- A tree, for who watches a program at work ---- */

typedef struct ctrace_tree_options {
    int time;  /* CTRACE_TIME_* */
    int color; /* CTRACE_COLOR_* */
    bool no_target;
    bool no_level;
    bool thread_id;   /* the operating system's */
    bool thread_name; /* the id stands in for a thread without a name */
    uintptr_t reserved[8];
} ctrace_tree_options;

/* Writes what happens as it happens, indented by the spans around it. When a span is closed its
 * name is said again, with how long it lived, and how long of that it was entered if that differs.
 *
 *     2026-11-22T20:28:00.123456Z  INFO ┌ request path="/x"
 *     2026-11-22T20:28:00.123462Z DEBUG │ shop::db: authorised user=42
 *     2026-11-22T20:28:00.123467Z  INFO └ request 11.2µs */
CTRACE_API ctrace_subscriber *ctrace_tree_new(ctrace_writer *writer,
                                              const ctrace_tree_options *options);

/* ---- OpenTelemetry, for collectors ---- */

enum {
    CTRACE_OTLP_JSON,    /* http/json, or JSON lines */
    CTRACE_OTLP_PROTOBUF /* http/protobuf */
};

typedef struct ctrace_otlp_options {
    const char *service_name;   /* NULL: as OTEL_SERVICE_NAME says, or "unknown_service:PROGRAM" */
    int protocol;               /* CTRACE_OTLP_* */
    bool events_as_logs;        /* log records: also what events are when neither is set */
    bool events_as_span_events; /* in their spans' records; those outside spans are log records */
    uint32_t batch_records;     /* a batch is sent when it has so many; 0: as OTEL_BSP_ and
                                 * OTEL_BLRP_MAX_EXPORT_BATCH_SIZE say, or 512 */
    size_t batch_bytes;    /* or when it would exceed that; 0 means 1 MiB. Twice as much is what
                            * a signal takes in memory, and what its writer keeps. */
    uint64_t batch_age_ns; /* or when its first record is that old; 0: as OTEL_BSP_ and
                            * OTEL_BLRP_SCHEDULE_DELAY say, or 5 s for spans and 1 s for logs */
    uintptr_t reserved[8];
} ctrace_otlp_options;

/* Sends spans as traces and events as logs by the OpenTelemetry protocol, in batches. To an HTTP
 * writer it POSTs ExportTraceServiceRequests to /v1/traces and ExportLogsServiceRequests to
 * /v1/logs, behind the path of the writer's URL. To any other writer it writes each request as one
 * line of JSON; or, in protobuf, with one write and nothing around it.
 *
 * A span is sent when it is closed. Its fields are attributes, but for otel.kind ("server",
 * "client", "producer", "consumer", "internal"), otel.status_code ("ok", "error", "unset") and
 * otel.status_message. An event of level ERROR directly inside gives it the status error with the
 * event's message, unless a field says what its status is. What it follows are its links. The
 * instrumentation scope is the target. Values longer than 1 MiB are cut; durations are integer
 * nanoseconds; of an error number the text is under the key plus "_text"; unsigned integers above
 * 2^63-1, pointers and HEX are strings; a NULL is no value. Links and events of an open span take
 * 1 MiB at most, each; what is dropped is counted in its record.
 *
 * The resource is what service_name, OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES and
 * ctrace_options.fields say, and process.pid, process.executable.name and .path, host.name and
 * telemetry.sdk.*. Obeyed, too: the specification's limits OTEL_[SPAN_|LOGRECORD_|EVENT_]ATTRIBUTE_
 * COUNT_LIMIT and ATTRIBUTE_VALUE_LENGTH_LIMIT, OTEL_SPAN_EVENT_ and LINK_COUNT_LIMIT, and
 * OTEL_SDK_DISABLED, OTEL_TRACES_EXPORTER and OTEL_LOGS_EXPORTER where they say "true" and "none".
 *
 * Batches become old on the library's one timer thread. After fork() the child begins with empty
 * ones. What cannot be sent is counted (`spans_lost` and `events_lost` of ctrace_stats_get()), and
 * so is what the server rejects. */
CTRACE_API ctrace_subscriber *ctrace_otlp_new(ctrace_writer *writer,
                                              const ctrace_otlp_options *options);

CTRACE_I_END_C

#endif

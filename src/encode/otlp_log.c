#include "core/remote.h"
#include "core/sampling.h"
#include "encode/otlp.h"

/* The first of the four numbers that each level of the protocol has. */
static uint32_t severity_number(uint32_t level) {
    return level >= CTRACE_LEVEL_TRACE && level <= CTRACE_LEVEL_ERROR ? 4 * level - 3 : 0;
}

static void put_severity(cti_otlp_pen *pen, uint32_t level) {
    static const char *const names[] = {"", "TRACE", "DEBUG", "INFO", "WARN", "ERROR"};
    const uint32_t number = severity_number(level);
    if (number != 0) {
        cti_otlp_number(pen, 2, "severityNumber", number);
        cti_otlp_text(pen, 3, "severityText", names[level], strlen(names[level]));
    }
}

static void put_body(cti_otlp_pen *pen, const char *message, size_t size) {
    const size_t body = cti_otlp_begin(pen, 5, "body");
    cti_otlp_text(pen, 1, "stringValue", message, cti_otlp_cut(message, size, UINT32_MAX));
    cti_otlp_end(pen, body);
}

static void put_span(cti_otlp_pen *pen, const ctrace_span *span) {
    uint64_t trace[2];
    const uint64_t id = ctrace_span_id(span);
    const uint32_t flags = cti_trace_flags(span);
    cti_trace_words(span, trace);
    if (flags != 0) {
        cti_otlp_fixed32(pen, 8, "flags", flags);
    }
    cti_otlp_id(pen, 9, "traceId", trace, 2);
    cti_otlp_id(pen, 10, "spanId", &id, 1);
}

void cti_otlp_put_log(cti_otlp_pen *pen, const cti_notice *notice, const cti_otlp_limits *limits) {
    const uint64_t time_ns = ctrace_moment_time_ns(notice->moment);
    const size_t item = cti_otlp_item_begin(pen, 2);
    cti_otlp_fixed64(pen, 1, "timeUnixNano", time_ns);
    cti_otlp_fixed64(pen, 11, "observedTimeUnixNano", time_ns);
    put_severity(pen, notice->site->description.level);
    put_body(pen, notice->message, notice->message_size);
    const uint32_t dropped = cti_otlp_attributes(pen, 6, notice->fields, limits->log_attributes,
                                                 limits->log_value_length);
    if (dropped != 0) {
        cti_otlp_number(pen, 7, "droppedAttributesCount", dropped);
    }
    if (notice->span != NULL) {
        put_span(pen, notice->span);
    }
    cti_otlp_end(pen, item);
}

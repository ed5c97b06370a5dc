/* Spans and events as OTLP's records: https://opentelemetry.io/docs/specs/otlp/. Each function
 * appends one record, as an item of a list. */
#ifndef CTI_ENCODE_OTLP_H
#define CTI_ENCODE_OTLP_H

#include "encode/notice.h"
#include "encode/otlp_value.h"

enum { CTI_OTLP_UNSET, CTI_OTLP_OK, CTI_OTLP_ERROR }; /* the codes of a status */

/* Links or events of a span that is still open: items, as they were encoded. */
typedef struct cti_otlp_items {
    ctrace_buf encoded;
    uint32_t count;
    uint32_t dropped;
} cti_otlp_items;

/* What a span's record says beyond what the span itself knows. */
typedef struct cti_otlp_ended {
    ctrace_span *span;
    const ctrace_subscriber *viewer;
    uint64_t start_ns, end_ns;
    const cti_otlp_items *events, *links;
    bool had_error;            /* an ERROR event was inside */
    const char *error_message; /* its message */
    size_t error_size;
} cti_otlp_ended;

void cti_otlp_put_span(cti_otlp_pen *pen, const cti_otlp_ended *ended,
                       const cti_otlp_limits *limits);

/* That `cause`, which may be another process's, led to the span. */
void cti_otlp_put_link(cti_otlp_pen *pen, const ctrace_span *cause);

/* An event inside its span's record. */
void cti_otlp_put_span_event(cti_otlp_pen *pen, const cti_notice *notice,
                             const cti_otlp_limits *limits);

/* An event as a log record. notice->span may be another process's. */
void cti_otlp_put_log(cti_otlp_pen *pen, const cti_notice *notice, const cti_otlp_limits *limits);

#endif

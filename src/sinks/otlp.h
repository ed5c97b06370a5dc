/* The OTLP sink from the inside. */
#ifndef CTI_SINKS_OTLP_H
#define CTI_SINKS_OTLP_H

#include "ctrace/sinks.h"
#include "encode/otlp.h"
#include "sinks/otlp_batch.h"

typedef struct cti_otlp {
    ctrace_subscriber base;
    ctrace_subscriber_ops ops;
    bool is_json;
    bool events_as_logs, events_as_span_events;
    bool no_spans, no_logs;
    cti_otlp_limits limits;
    cti_otlp_resource resource;
    cti_lock lock; /* of what the open spans keep */
    cti_otlp_batch traces, logs;
} cti_otlp;

/* What a span keeps until it is closed. */
typedef struct cti_otlp_open {
    uint64_t start_ns;
    cti_otlp_items events, links;
    char *error; /* the message of the first ERROR event inside */
    uint32_t error_size;
    bool had_error;
} cti_otlp_open;

static inline cti_otlp *cti_otlp_of(ctrace_subscriber *subscriber) {
    return (cti_otlp *)subscriber;
}

/* Where each signal goes. */
typedef struct cti_otlp_ways {
    ctrace_writer *traces, *logs;        /* references */
    const char *traces_path, *logs_path; /* behind an HTTP writer's URL; valid for ever */
} cti_otlp_ways;

/* As ctrace_otlp_new(), with a writer for each signal; takes both over, also on failure. */
ctrace_subscriber *cti_otlp_new(const cti_otlp_ways *ways, const ctrace_otlp_options *options);

/* The callbacks that have to do with spans. */
void cti_otlp_on_span_new(ctrace_subscriber *, ctrace_span *, const ctrace_moment *);
void cti_otlp_on_span_follows(ctrace_subscriber *, ctrace_span *, const ctrace_span *,
                              const ctrace_moment *);
void cti_otlp_on_span_close(ctrace_subscriber *, ctrace_span *, const ctrace_moment *);

/* An event directly inside the span (which may be NULL): what the span keeps of it. Returns whether
 * that is all that is to become of the event. */
bool cti_otlp_keep_event(cti_otlp *otlp, ctrace_span *span, const cti_notice *notice);

#endif

/* What all sinks have in common: a notice is encoded into this thread's scratch buffer and handed
 * to the writer, or lost and counted. */
#ifndef CTI_SINKS_SINK_H
#define CTI_SINKS_SINK_H

#include "ctrace/sinks.h"
#include "ctrace/writer.h"
#include "encode/notice.h"

typedef struct cti_sink cti_sink;

/* Appends the notice, or fails the buffer. Threads: several at once. */
typedef void cti_sink_put(cti_sink *sink, ctrace_buf *buf, const cti_notice *notice);

/* What differs between sinks. */
typedef struct cti_sink_kind {
    size_t size;                     /* of the whole sink, which begins with a cti_sink */
    cti_sink_put *put;               /* for events, and what span_events make of spans */
    void (*release)(cti_sink *sink); /* gives back what the sink holds beyond cti_sink */
    const char *name;                /* with an article: "a text sink" */
} cti_sink_kind;

struct cti_sink {
    ctrace_subscriber base;
    ctrace_subscriber_ops ops; /* of this one: what it does not listen to costs nothing */
    const cti_sink_kind *kind;
    ctrace_writer *writer;
};

/* Allocates a sink, zeroed behind the cti_sink. Takes over the writer, also on failure.
 *
 * span_events  CTRACE_SPAN_EVENTS_*, checked.
 *
 * Errors: NULL, and says why. */
cti_sink *cti_sink_new(const cti_sink_kind *kind, ctrace_writer *writer, unsigned span_events);

/* Encodes the notice by `put` and writes it. */
void cti_sink_tell(cti_sink *sink, const cti_notice *notice, cti_sink_put *put);

/* Whether a value of the options is one of 0 to `last`; if not, says so. `name` as
 * "text_options.time". */
bool cti_option_is_one_of(const char *name, int value, int last);

/* The same for the bits of span_events. */
bool cti_span_events_are_known(unsigned span_events);

/* Whether the reserved words are zero, as they are in a struct that was cleared; if not, says so.
 */
bool cti_options_are_clear(const uintptr_t reserved[8]);

#endif

/* How long a span lived, and how long of that it was entered: kept in each span for a sink. */
#ifndef CTI_SINKS_SPAN_CLOCK_H
#define CTI_SINKS_SPAN_CLOCK_H

#include "ctrace/subscriber.h"

/* What the sink's span_data_size must be. All bytes are the clock's own affair. */
typedef struct cti_span_clock {
    uint64_t born_ns;
    uint64_t busy_ns; /* wraps while the span is entered */
    uint32_t entered; /* how often, now */
} cti_span_clock;

/* To be called from, or as, the callbacks of these names. */
void cti_span_clock_new(ctrace_subscriber *subscriber, ctrace_span *span,
                        const ctrace_moment *moment);
void cti_span_clock_enter(ctrace_subscriber *subscriber, ctrace_span *span,
                          const ctrace_moment *moment);
void cti_span_clock_exit(ctrace_subscriber *subscriber, ctrace_span *span,
                         const ctrace_moment *moment);

/* Reads it at the moment of the span's end: the time in which the span was entered at all, on
 * several threads at once or on one, and the rest of its life. */
void cti_span_clock_read(ctrace_subscriber *subscriber, ctrace_span *span,
                         const ctrace_moment *moment, int64_t *ret_busy_ns, int64_t *ret_idle_ns);

#endif

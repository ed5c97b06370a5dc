/* Which traces are kept, by OpenTelemetry's consistent probability sampling: the last 56 bits of a
 * trace id are a random number, unless the tracestate that came with it has another one ("rv"), and
 * a trace is kept unless that is below a threshold
 * (https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/). */
#ifndef CTI_CORE_SAMPLING_H
#define CTI_CORE_SAMPLING_H

#include "core/remote.h"

#define CTI_SAMPLING_RANDOM ((uint64_t)1 << 56)

/* The threshold that keeps the ratio (0 to 1) of traces; 0 keeps all. */
uint64_t cti_sampling_threshold(double ratio);

/* The random number of a trace that came from elsewhere, whose id ends with `trace_end`. */
uint64_t cti_sampling_randomness(const char *tracestate, uint64_t trace_end);

/* Whether the span's trace is kept, by its random number alone. The id is made when it is first
 * asked for. */
static inline bool cti_sampling_keeps(uint64_t threshold, const ctrace_span *span) {
    const uint64_t *end = &span->root->trace_id[1];
    const cti_remote *remote = cti_remote_of(span);
    if (CTRACE_I_UNLIKELY(remote != NULL)) {
        return remote->randomness >= threshold;
    }
    if (CTRACE_I_UNLIKELY(cti_load_relaxed(end) == 0)) {
        uint64_t made_now[2];
        cti_trace_words(span, made_now);
    }
    return (cti_load_relaxed(end) & (CTI_SAMPLING_RANDOM - 1)) >= threshold;
}

/* From now on the flags of traces that begin here say that this ratio of them is sampled. */
void cti_sampling_announce(double ratio);

/* The flags (CTI_FLAG_*) of the span's trace: those that came with it, or those it began with. */
uint8_t cti_trace_flags(const ctrace_span *span);

#endif

/* A span may be entered on several threads at once. Whoever enters it first takes its time away
 * from `busy_ns`, whoever leaves it last adds his: in sum that is the time in which it was entered
 * at all, in whatever order the additions come. So nobody waits for anybody. */
#include "sinks/span_clock.h"

#include "base/atomic.h"

static cti_span_clock *of(ctrace_subscriber *subscriber, ctrace_span *span) {
    return ctrace_span_data(span, subscriber);
}

void cti_span_clock_new(ctrace_subscriber *subscriber, ctrace_span *span,
                        const ctrace_moment *moment) {
    cti_span_clock *clock = of(subscriber, span);
    if (clock != NULL) {
        clock->born_ns = ctrace_moment_monotonic_ns(moment);
    }
}

void cti_span_clock_enter(ctrace_subscriber *subscriber, ctrace_span *span,
                          const ctrace_moment *moment) {
    cti_span_clock *clock = of(subscriber, span);
    if (clock != NULL && cti_fetch_add(&clock->entered, 1u) == 0) {
        cti_fetch_add(&clock->busy_ns, 0 - ctrace_moment_monotonic_ns(moment));
    }
}

void cti_span_clock_exit(ctrace_subscriber *subscriber, ctrace_span *span,
                         const ctrace_moment *moment) {
    cti_span_clock *clock = of(subscriber, span);
    if (clock != NULL && cti_fetch_sub_acq_rel(&clock->entered, 1u) == 1) {
        cti_fetch_add(&clock->busy_ns, ctrace_moment_monotonic_ns(moment));
    }
}

/* Threads that enter and leave at the same time may have read their clocks in another order: then
 * the sum can be a little off, even below 0 or above the span's life. */
static uint64_t clamp(uint64_t busy_ns, uint64_t life_ns) {
    return busy_ns <= life_ns ? busy_ns : busy_ns > INT64_MAX ? 0 : life_ns;
}

void cti_span_clock_read(ctrace_subscriber *subscriber, ctrace_span *span,
                         const ctrace_moment *moment, int64_t *ret_busy_ns, int64_t *ret_idle_ns) {
    static const cti_span_clock none;
    const cti_span_clock *clock = of(subscriber, span);
    const cti_span_clock *read = clock == NULL ? &none : clock;
    const uint64_t now_ns = clock == NULL ? 0 : ctrace_moment_monotonic_ns(moment);
    const bool inside = cti_load_acquire(&read->entered) != 0;
    const uint64_t sum_ns = cti_load_relaxed(&read->busy_ns) + (inside ? now_ns : 0);
    const uint64_t life_ns = now_ns > read->born_ns ? now_ns - read->born_ns : 0;
    const uint64_t busy_ns = clamp(sum_ns, life_ns);
    *ret_busy_ns = (int64_t)busy_ns;
    *ret_idle_ns = (int64_t)(life_ns - busy_ns);
}

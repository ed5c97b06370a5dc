#include "sinks/span_events.h"

#include <string.h>

#include "base/atomic.h"

/* Kept in each span when its end is to be told.
 *
 * A span may be entered on several threads at once. Whoever enters it first takes its time away
 * from `busy`, whoever leaves it last adds his: in sum that is the time in which it was entered at
 * all, in whatever order the additions come. So nobody waits for anybody. */
typedef struct span_clock {
    uint64_t born_ns;
    uint64_t busy_ns; /* wraps while the span is entered */
    uint32_t entered; /* how often, now */
} span_clock;

static span_clock *clock_of(ctrace_subscriber *subscriber, ctrace_span *span) {
    return ctrace_span_data(span, subscriber);
}

static void tell(ctrace_subscriber *subscriber, ctrace_span *span, const ctrace_moment *moment,
                 const char *message, const ctrace_fields *fields) {
    const cti_notice notice = {
        .site = span->site,
        .message = message,
        .message_size = strlen(message),
        .fields = fields,
        .span = span,
        .viewer = subscriber,
        .moment = moment,
    };
    cti_sink_tell((cti_sink *)subscriber, &notice);
}

static const ctrace_fields no_fields;

/* ---- What is told ---- */

static void tell_new(ctrace_subscriber *subscriber, ctrace_span *span,
                     const ctrace_moment *moment) {
    tell(subscriber, span, moment, "new", &no_fields);
}

static void tell_enter(ctrace_subscriber *subscriber, ctrace_span *span,
                       const ctrace_moment *moment) {
    tell(subscriber, span, moment, "enter", &no_fields);
}

static void tell_exit(ctrace_subscriber *subscriber, ctrace_span *span,
                      const ctrace_moment *moment) {
    tell(subscriber, span, moment, "exit", &no_fields);
}

/* Threads that enter and leave at the same time may have read their clocks in another order: then
 * the sum can be a little off, even below 0 or above the span's life. */
static uint64_t clamp(uint64_t busy_ns, uint64_t life_ns) {
    return busy_ns <= life_ns ? busy_ns : busy_ns > INT64_MAX ? 0 : life_ns;
}

static void tell_close(ctrace_subscriber *subscriber, ctrace_span *span,
                       const ctrace_moment *moment) {
    static const char *const keys[] = {"time.busy", "time.idle"};
    const span_clock *clock = clock_of(subscriber, span);
    if (clock == NULL) {
        return;
    }
    const uint64_t now_ns = ctrace_moment_monotonic_ns(moment);
    const bool inside = cti_load_acquire(&clock->entered) != 0;
    const uint64_t sum_ns = cti_load_relaxed(&clock->busy_ns) + (inside ? now_ns : 0);
    const uint64_t life_ns = now_ns > clock->born_ns ? now_ns - clock->born_ns : 0;
    const uint64_t busy_ns = clamp(sum_ns, life_ns);
    ctrace_value values[] = {
        {.as.i64 = (int64_t)busy_ns, .kind = CTRACE_VALUE_NS},
        {.as.i64 = (int64_t)(life_ns - busy_ns), .kind = CTRACE_VALUE_NS},
    };
    const ctrace_fields fields = {keys, values, 2};
    tell(subscriber, span, moment, "close", &fields);
}

/* ---- The clock, for tell_close(); and both ---- */

static void start_clock(ctrace_subscriber *subscriber, ctrace_span *span,
                        const ctrace_moment *moment) {
    span_clock *clock = clock_of(subscriber, span);
    if (clock != NULL) {
        clock->born_ns = ctrace_moment_monotonic_ns(moment);
    }
}

static void count_enter(ctrace_subscriber *subscriber, ctrace_span *span,
                        const ctrace_moment *moment) {
    span_clock *clock = clock_of(subscriber, span);
    if (clock != NULL && cti_fetch_add(&clock->entered, 1u) == 0) {
        cti_fetch_add(&clock->busy_ns, 0 - ctrace_moment_monotonic_ns(moment));
    }
}

static void count_exit(ctrace_subscriber *subscriber, ctrace_span *span,
                       const ctrace_moment *moment) {
    span_clock *clock = clock_of(subscriber, span);
    if (clock != NULL && cti_fetch_sub_acq_rel(&clock->entered, 1u) == 1) {
        cti_fetch_add(&clock->busy_ns, ctrace_moment_monotonic_ns(moment));
    }
}

static void start_and_tell_new(ctrace_subscriber *subscriber, ctrace_span *span,
                               const ctrace_moment *moment) {
    start_clock(subscriber, span, moment);
    tell_new(subscriber, span, moment);
}

static void count_and_tell_enter(ctrace_subscriber *subscriber, ctrace_span *span,
                                 const ctrace_moment *moment) {
    count_enter(subscriber, span, moment);
    tell_enter(subscriber, span, moment);
}

static void count_and_tell_exit(ctrace_subscriber *subscriber, ctrace_span *span,
                                const ctrace_moment *moment) {
    count_exit(subscriber, span, moment);
    tell_exit(subscriber, span, moment);
}

void cti_span_events_install(ctrace_subscriber_ops *ops, unsigned span_events) {
    const bool new = (span_events & CTRACE_SPAN_EVENTS_NEW) != 0;
    const bool enter = (span_events & CTRACE_SPAN_EVENTS_ENTER) != 0;
    const bool exit = (span_events & CTRACE_SPAN_EVENTS_EXIT) != 0;
    if ((span_events & CTRACE_SPAN_EVENTS_CLOSE) != 0) {
        ops->span_data_size = sizeof(span_clock);
        ops->on_span_new = new ? start_and_tell_new : start_clock;
        ops->on_span_enter = enter ? count_and_tell_enter : count_enter;
        ops->on_span_exit = exit ? count_and_tell_exit : count_exit;
        ops->on_span_close = tell_close;
    } else {
        ops->on_span_new = new ? tell_new : NULL;
        ops->on_span_enter = enter ? tell_enter : NULL;
        ops->on_span_exit = exit ? tell_exit : NULL;
    }
}

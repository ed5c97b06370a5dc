/* The time of day for who asks often: CLOCK_REALTIME by the processor's counter, at half the cost.
 *
 * A thread compares the clocks about once a millisecond, and counts ticks in between. So it is
 * within a microsecond of CLOCK_REALTIME, whose slewing it takes part in; where that is set, it
 * follows within a millisecond. On one thread it runs backwards only where CLOCK_REALTIME was set
 * back. */
#ifndef CTI_BASE_WALLCLOCK_H
#define CTI_BASE_WALLCLOCK_H

#include "base/atomic.h"
#include "base/ticks.h"
#include "base/tls.h"

/* What a thread knows; zeroed it is nothing. */
typedef struct cti_wallclock {
    uint64_t ticks;    /* at the last comparison … */
    uint64_t epoch_ns; /* … the time of day */
    uint64_t slope;    /* as in cti_ticks_line; 0 for none */
    uint64_t most;     /* for how many ticks all that is good */
    uint64_t last_ns;  /* what was said last */
    cti_ticks_sample monotonic;
    uint32_t rest; /* comparing was in vain: so many calls just ask the system */
    bool busy;     /* comparing: for signal handlers that interrupt that */
} cti_wallclock;

extern CTI_TLS cti_wallclock cti_wallclock_here;

/* The rest of cti_wallclock_ns(): compares the clocks. */
uint64_t cti_wallclock_compare(cti_wallclock *clock);

/* The same time, but not before what was said last. */
static inline uint64_t cti_wallclock_say(cti_wallclock *clock, uint64_t ns) {
    const uint64_t last = clock->last_ns;
    clock->last_ns = ns > last ? ns : last;
    return ns > last ? ns : last;
}

/* Nanoseconds since the Unix epoch. Threads: any; async-signal-safe. */
static inline uint64_t cti_wallclock_ns(void) {
    cti_wallclock *clock = &cti_wallclock_here;
    if (!cti_ticks_count) {
        return cti_clock_realtime_ns();
    }
    const uint64_t ticks = cti_load_relaxed(&clock->ticks);
    cti_compiler_barrier();
    const uint64_t since = cti_ticks_now() - ticks;
    const uint64_t ns = clock->epoch_ns + cti_ticks_scale(since, clock->slope);
    const bool good = since < clock->most;
    cti_compiler_barrier(); /* unless a handler has compared the clocks meanwhile */
    if (!good || cti_load_relaxed(&clock->ticks) != ticks) {
        return cti_wallclock_compare(clock);
    }
    return cti_wallclock_say(clock, ns);
}

#endif

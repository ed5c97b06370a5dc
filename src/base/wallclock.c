#include "base/wallclock.h"

enum {
    GOOD_FOR_NS = 1000000,      /* the clock's rate changes by half a thousandth at most */
    SHORTEST_GAP_NS = 100000,   /* between two samples that tell the rate … */
    LONGEST_GAP_NS = 100000000, /* … beyond which the machine may have slept */
    WIDEST_NS = 600,            /* a sample that took longer is not exact enough */
    WRONG_NS = 200,             /* by which two rates may differ in what they are used for */
    SET_BACK_NS = 2000,         /* is no inexactness any more */
    TRIES = 3,
    REST = 256
};

CTI_TLS cti_wallclock cti_wallclock_here;

/* Both system clocks, each with the ticks around it. */
typedef struct comparison {
    uint64_t before, realtime_ns, between, monotonic_ns, after;
} comparison;

static comparison compare_once(void) {
    comparison made;
    made.before = cti_ticks_now();
    made.realtime_ns = cti_clock_realtime_ns();
    made.between = cti_ticks_now();
    made.monotonic_ns = cti_clock_monotonic_ns();
    made.after = cti_ticks_now();
    return made;
}

/* Without an interruption in it, if that can be had soon. A known rate tells. */
static comparison compare_well(uint64_t slope) {
    comparison made = compare_once();
    for (unsigned i = 1; i < TRIES && cti_ticks_scale(made.after - made.before, slope) > WIDEST_NS;
         i++) {
        made = compare_once();
    }
    return made;
}

static bool are_near(uint64_t slope, uint64_t other, uint64_t for_ns) {
    const uint64_t difference = slope > other ? slope - other : other - slope;
    return (double)difference * (double)for_ns <= (double)slope * WRONG_NS;
}

static uint64_t ticks_of(uint64_t ns, uint64_t slope) {
    return (uint64_t)((double)ns / (double)slope * (double)((uint64_t)1 << CTI_TICKS_SLOPE_BITS));
}

/* How many ticks a new sample is good for: as many as there were since the one before, if two rates
 * in a row agree. Else the counter or the machine paused, or this thread did in a sample. */
static uint64_t trust(uint64_t before, uint64_t slope, uint64_t gap_ns, uint64_t width) {
    const uint64_t for_ns = gap_ns < GOOD_FOR_NS ? gap_ns : GOOD_FOR_NS;
    const bool exact = slope != 0 && cti_ticks_scale(width, slope) <= WIDEST_NS;
    return exact && are_near(slope, before, for_ns) ? ticks_of(for_ns, slope) : 0;
}

static void learn(cti_wallclock *clock, const comparison *made) {
    const cti_ticks_sample now = {made->between + (made->after - made->between) / 2,
                                  made->monotonic_ns};
    const uint64_t gap_ns = now.ns - clock->monotonic.ns;
    const uint64_t before = clock->slope;
    if (gap_ns < SHORTEST_GAP_NS) {
        return; /* too short to tell the rate: the system is asked until then */
    }
    clock->most = 0;
    cti_compiler_barrier(); /* a handler that comes now asks the system */
    clock->slope =
        gap_ns > LONGEST_GAP_NS ? 0 : cti_ticks_line_through(clock->monotonic, now).slope;
    clock->monotonic = now;
    clock->epoch_ns = made->realtime_ns;
    clock->ticks = made->before + (made->between - made->before) / 2;
    cti_compiler_barrier();
    clock->most = trust(before, clock->slope, gap_ns, made->after - made->before);
    clock->rest = before != 0 && clock->most == 0 ? REST : 0;
}

uint64_t cti_wallclock_compare(cti_wallclock *clock) {
    if (clock->busy) {
        return cti_clock_realtime_ns();
    }
    if (clock->rest != 0) {
        clock->rest -= 1;
        return cti_wallclock_say(clock, cti_clock_realtime_ns());
    }
    clock->busy = true;
    cti_compiler_barrier();
    const comparison made = compare_well(clock->slope);
    learn(clock, &made);
    if (clock->last_ns > made.realtime_ns && clock->last_ns - made.realtime_ns > SET_BACK_NS) {
        clock->last_ns = made.realtime_ns;
    }
    cti_compiler_barrier();
    clock->busy = false;
    return cti_wallclock_say(clock, made.realtime_ns);
}

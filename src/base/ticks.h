/* The cheapest clock there is: the processor's own counter where it runs evenly and the same on all
 * processors, else the monotonic clock. Ticks mean something only between two samples of both. */
#ifndef CTI_BASE_TICKS_H
#define CTI_BASE_TICKS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/wide.h"

/* Whether the counter is used; decided by cti_ticks_prepare(), the same way each time. */
extern bool cti_ticks_count;

/* Finds out what this machine has. Until the first call the monotonic clock is used. */
void cti_ticks_prepare(void);

/* The counter, where it is used. */
static inline uint64_t cti_ticks_counter(void) {
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
    return __builtin_ia32_rdtsc();
#elif defined(__GNUC__) && defined(__aarch64__)
    uint64_t ticks;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
#else
    return cti_clock_monotonic_ns();
#endif
}

/* Async-signal-safe. Not ordered against what is before or after it, for a few nanoseconds. */
static inline uint64_t cti_ticks_now(void) {
    return cti_ticks_count ? cti_ticks_counter() : cti_clock_monotonic_ns();
}

/* Both clocks at the same time. */
typedef struct cti_ticks_sample {
    uint64_t ticks;
    uint64_t ns; /* of the monotonic clock */
} cti_ticks_sample;

cti_ticks_sample cti_ticks_sample_now(void);

/* A line through two samples, made once for many ticks. */
typedef struct cti_ticks_line {
    cti_ticks_sample at;
    uint64_t slope; /* nanoseconds a tick, in units of 2^-CTI_TICKS_SLOPE_BITS */
} cti_ticks_line;

enum { CTI_TICKS_SLOPE_BITS = 54 }; /* down to counters of a million ticks a second */

/* Level where the samples are the same, or run backwards. */
cti_ticks_line cti_ticks_line_through(cti_ticks_sample first, cti_ticks_sample second);

/* Where ticks are nanoseconds. */
static inline cti_ticks_line cti_ticks_line_of_ns(void) {
    return (cti_ticks_line){.slope = (uint64_t)1 << CTI_TICKS_SLOPE_BITS};
}

static inline uint64_t cti_ticks_scale(uint64_t ticks, uint64_t slope) {
    const cti_wide product = cti_multiply(ticks, slope);
    return product.high << (64 - CTI_TICKS_SLOPE_BITS) | product.low >> CTI_TICKS_SLOPE_BITS;
}

/* The monotonic clock's nanoseconds at that tick, before the samples or behind them, too. */
static inline uint64_t cti_ticks_to_ns(const cti_ticks_line *line, uint64_t ticks) {
    return ticks >= line->at.ticks
               ? line->at.ns + cti_ticks_scale(ticks - line->at.ticks, line->slope)
               : line->at.ns - cti_ticks_scale(line->at.ticks - ticks, line->slope);
}

#endif

/* The cheapest clock there is: the processor's own counter where it runs evenly and the same on all
 * processors, else the monotonic clock. Ticks mean something only between two samples of both. */
#ifndef CTI_BASE_TICKS_H
#define CTI_BASE_TICKS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

/* Whether the counter is used; decided by cti_ticks_prepare(), the same way each time. */
extern bool cti_ticks_count;

/* Finds out what this machine has. Until the first call the monotonic clock is used. */
void cti_ticks_prepare(void);

/* Async-signal-safe. Not ordered against what is before or after it, for a few nanoseconds. */
static inline uint64_t cti_ticks_now(void) {
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
    return cti_ticks_count ? __builtin_ia32_rdtsc() : cti_clock_monotonic_ns();
#elif defined(__GNUC__) && defined(__aarch64__)
    uint64_t ticks;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return cti_ticks_count ? ticks : cti_clock_monotonic_ns();
#else
    return cti_clock_monotonic_ns();
#endif
}

/* Both clocks at the same time. */
typedef struct cti_ticks_sample {
    uint64_t ticks;
    uint64_t ns; /* of the monotonic clock */
} cti_ticks_sample;

cti_ticks_sample cti_ticks_sample_now(void);

/* The monotonic clock's nanoseconds at that tick, on the line through both samples. */
uint64_t cti_ticks_to_ns(cti_ticks_sample first, cti_ticks_sample second, uint64_t ticks);

#endif

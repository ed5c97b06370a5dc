/* Clocks, in nanoseconds. */
#ifndef CTI_BASE_CLOCK_H
#define CTI_BASE_CLOCK_H

#include <stdint.h>

uint64_t cti_clock_realtime_ns(void); /* since the Unix epoch; steps when somebody sets the clock */
uint64_t cti_clock_monotonic_ns(void); /* never steps: for durations */
uint64_t cti_clock_coarse_ns(void);    /* monotonic, to a few milliseconds, cheaper */

/* Sleeps for about that long, or less when a signal comes. */
void cti_sleep_ns(uint64_t ns);

#endif

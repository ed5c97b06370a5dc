#include "base/clock.h"

#include <time.h>

static uint64_t read_clock(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t cti_clock_realtime_ns(void) {
    return read_clock(CLOCK_REALTIME);
}

uint64_t cti_clock_monotonic_ns(void) {
    return read_clock(CLOCK_MONOTONIC);
}

uint64_t cti_clock_coarse_ns(void) {
#if defined(CLOCK_MONOTONIC_COARSE)
    return read_clock(CLOCK_MONOTONIC_COARSE);
#else
    return read_clock(CLOCK_MONOTONIC);
#endif
}

void cti_sleep_ns(uint64_t ns) {
    const struct timespec wanted = {(time_t)(ns / 1000000000u), (long)(ns % 1000000000u)};
    nanosleep(&wanted, NULL);
}

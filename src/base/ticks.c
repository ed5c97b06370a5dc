#include "base/ticks.h"

#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "base/atomic.h"

#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
#include <cpuid.h>
#endif

bool cti_ticks_count;

#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))

#define POWER_MANAGEMENT 0x80000007u /* a page of cpuid */
#define INVARIANT        (1u << 8)

/* The counter does not change its speed, nor stop while the processor sleeps. */
static bool is_invariant(void) {
    unsigned a, b, c, d;
    return __get_cpuid(POWER_MANAGEMENT, &a, &b, &c, &d) != 0 && (d & INVARIANT) != 0;
}

/* The kernel takes the counter off its list when it finds that processors disagree about it. Where
 * there is no list, there is nobody who would have found out. */
static bool is_trusted_by_kernel(void) {
    static const char path[] = "/sys/devices/system/clocksource/clocksource0/available_clocksource";
    char list[128];
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    const ssize_t size = fd < 0 ? 0 : read(fd, list, sizeof list - 1);
    if (fd >= 0) {
        close(fd);
    }
    if (size <= 0) {
        return true;
    }
    list[size] = '\0';
    return strstr(list, "tsc") != NULL;
}

static bool can_count(void) {
    return is_invariant() && is_trusted_by_kernel();
}

#else

/* On AArch64 the counter is the architecture's clock, even and common to all by definition. */
static bool can_count(void) {
#if defined(__GNUC__) && defined(__aarch64__)
    return true;
#else
    return false;
#endif
}

#endif

void cti_ticks_prepare(void) {
    static bool prepared;
    if (!cti_load_acquire(&prepared)) {
        cti_store_relaxed(&cti_ticks_count, can_count());
        cti_store_release(&prepared, true);
    }
}

/* The pair that was read within the shortest time: a thread may be preempted between two reads. */
cti_ticks_sample cti_ticks_sample_now(void) {
    cti_ticks_sample best = {0, 0};
    uint64_t shortest = UINT64_MAX;
    for (unsigned i = 0; i < 3; i++) {
        const uint64_t before = cti_ticks_now();
        const uint64_t ns = cti_clock_monotonic_ns();
        const uint64_t taken = cti_ticks_now() - before;
        if (taken < shortest) {
            shortest = taken;
            best = (cti_ticks_sample){before + taken / 2, ns};
        }
    }
    return best;
}

cti_ticks_line cti_ticks_line_through(cti_ticks_sample first, cti_ticks_sample second) {
    cti_ticks_line line = {.at = second};
    if (second.ticks > first.ticks && second.ns > first.ns) {
        const double ns_a_tick =
            (double)(second.ns - first.ns) / (double)(second.ticks - first.ticks);
        const double slope = ns_a_tick * (double)((uint64_t)1 << CTI_TICKS_SLOPE_BITS);
        line.slope = slope < 2.0 * (double)((uint64_t)1 << 63) ? (uint64_t)slope : 0;
    }
    return line;
}

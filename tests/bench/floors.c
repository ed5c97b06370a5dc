/* What the machine can do at best. */
#include <stdio.h>
#include <string.h>

#include "empty.h"
#include "harness.h"

static uint64_t read_tsc(void) {
#if defined(__x86_64__) || defined(__i386__)
    return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
    uint64_t ticks;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
#else
    return 0;
#endif
}

static volatile uint64_t sink; /* so that nothing is left out */

static void tsc(uint64_t times) {
    BENCH_LOOP(times, sink = read_tsc();)
}

static unsigned char flags[64];
static void (*volatile never)(void);

static void branch(uint64_t times) {
    uint64_t at = 0;
    BENCH_LOOP(times, at = 0; BENCH_SIXTY_FOUR(
                   if (__builtin_expect(__atomic_load_n(&flags[at], __ATOMIC_RELAXED) != 0, 0)) {
                       never();
                   } at++;))
}

static void call(uint64_t times) {
    BENCH_LOOP(times, bench_empty();)
}

static void call_shared(uint64_t times) {
    BENCH_LOOP(times, bench_empty_shared();)
}

static void measure_string(uint64_t times) {
    BENCH_LOOP(times, sink = strlen(bench_string);)
}

static void print_values(uint64_t times) {
    char text[64];
    BENCH_LOOP(times,
               snprintf(text, sizeof text, "%d %g %s", (int)bench_i32, bench_f64, bench_string);)
}

void bench_floors(void) {
    bench_row("floor: relaxed load and branch", BENCH_NO_FLOOR, branch, 64);
    bench_row("floor: empty call", BENCH_NO_FLOOR, call, 1);
    bench_row("floor: empty call into a shared library", BENCH_NO_FLOOR, call_shared, 1);
    bench_row("floor: strlen of 7 characters", BENCH_NO_FLOOR, measure_string, 1);
    bench_row("floor: one TSC read", BENCH_NO_FLOOR, tsc, 1);
    bench_row("floor: snprintf of three values", BENCH_NO_FLOOR, print_values, 1);
}

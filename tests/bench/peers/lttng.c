/* The same work with LTTng's user-space tracer: an event with three values into its rings. It has
 * no spans. The rows and the way of measuring are those of ../harness.c; lttng.sh makes the session
 * around it. Prints to standard error how many events it emitted, for lttng.sh to compare. */
#define LTTNG_UST_TRACEPOINT_DEFINE
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lttng_event.h"

enum { REPETITIONS = 41, SMOKE_REPETITIONS = 3, TIMES = 4096 };

static volatile int32_t count = 42;
static volatile double ratio = 2.5;
static const char *volatile what = "request";

static double processor_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void emit(void) {
    lttng_ust_tracepoint(bench, request_done, count, ratio, what);
}

static void nothing(void) {}

static double once(void (*work)(void)) {
    const double begun = processor_ns();
    for (int i = 0; i < TIMES; i++) {
        work();
    }
    return processor_ns() - begun;
}

static int by_size(const void *one, const void *other) {
    const double a = *(const double *)one, b = *(const double *)other;
    return (a > b) - (a < b);
}

int main(int arguments, char **argument) {
    const int smoke = arguments > 1 && strcmp(argument[1], "--smoke") == 0;
    const int repetitions = smoke ? SMOKE_REPETITIONS : REPETITIONS;
    double costs[REPETITIONS];
    if (!lttng_ust_tracepoint_enabled(bench, request_done)) {
        fprintf(stderr, "nobody listens to bench:request_done\n");
        return 1;
    }
    for (int i = 0; i < repetitions; i++) {
        costs[i] = (once(emit) - once(nothing)) / TIMES;
    }
    qsort(costs, (size_t)repetitions, sizeof costs[0], by_size);
    printf("ring: event, 3 fields\tTSC read\t%.4f\n", costs[repetitions / 2]);
    fprintf(stderr, "%d\n", repetitions * TIMES);
    return 0;
}

#include "harness.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ctrace/deferred.h"
#include "ctrace/filter.h"
#include "ctrace/writer.h"

enum { REPETITIONS = 41, SMOKE_REPETITIONS = 3, WARM_ROUNDS = 4, MOST_THREADS = 16 };

int32_t bench_i32 = 42;
uint64_t bench_u64 = 1234567;
double bench_f64 = 2.5;
const char *bench_string = "request";

static bool smoke;

bool bench_is_smoke(void) {
    return smoke;
}

static uint64_t monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t bench_ticks(void) {
#if defined(__x86_64__) || defined(__i386__)
    return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
    uint64_t ticks;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
#else
    return monotonic_ns();
#endif
}

static double tick_ns;

static void find_tick(void) {
    const uint64_t begun = monotonic_ns(), first = bench_ticks();
    while (monotonic_ns() - begun < 20000000) {
    }
    tick_ns = (double)(monotonic_ns() - begun) / (double)(bench_ticks() - first);
}

double bench_tick_ns(void) {
    return tick_ns;
}

void bench_begin(int count, char **arguments) {
    smoke = count > 1 && strcmp(arguments[1], "--smoke") == 0;
    find_tick();
}

/* Of this thread: other programs do not count. */
double bench_processor_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static double measure_once(bench_work *work, uint64_t times) {
    const double begun = bench_processor_ns();
    work(times);
    return bench_processor_ns() - begun;
}

static void empty_loop(uint64_t times) {
    BENCH_LOOP(times, )
}

/* So many times that one repetition lasts half a millisecond. */
static uint64_t enough_times(bench_work *work) {
    const double wanted_ns = smoke ? 2e4 : 5e5;
    uint64_t times = 16;
    while (measure_once(work, times) < wanted_ns) {
        times *= 2;
    }
    return times;
}

static int by_size(const void *one, const void *other) {
    const double a = *(const double *)one;
    const double b = *(const double *)other;
    return (a > b) - (a < b);
}

double bench_median(double *numbers, size_t count) {
    qsort(numbers, count, sizeof *numbers, by_size);
    return numbers[count / 2];
}

/* Nanoseconds of one, the empty loop subtracted. */
static double measure(bench_work *work) {
    const size_t repetitions = smoke ? SMOKE_REPETITIONS : REPETITIONS;
    const uint64_t times = enough_times(work);
    double costs[REPETITIONS];
    for (size_t i = 0; i < repetitions; i++) {
        costs[i] = (measure_once(work, times) - measure_once(empty_loop, times)) / (double)times;
    }
    return bench_median(costs, repetitions);
}

void bench_print(const char *name, bench_floor below, double ns) {
    static const char *const floors[] = {"-", "load and branch", "empty call", "TSC read"};
    printf("%s\t%s\t%.4f\n", name, floors[below], ns);
    fflush(stdout);
}

void bench_row(const char *name, bench_floor below, bench_work *work, unsigned each) {
    bench_print(name, below, measure(work) / each);
}

/* ---- Several threads ---- */

typedef struct runner {
    pthread_t thread;
    pthread_barrier_t *start;
    bench_work *work;
    uint64_t times;
    double ns;
} runner;

static void *run(void *argument) {
    runner *self = argument;
    /* What comes first is somebody else's row: a recorder fills its part of the file once, for
     * which the system gives memory piece by piece. */
    self->work(WARM_ROUNDS * self->times);
    pthread_barrier_wait(self->start);
    self->ns = (measure_once(self->work, self->times) - measure_once(empty_loop, self->times)) /
               (double)self->times;
    return NULL;
}

static double measure_threads(bench_work *work, unsigned threads, uint64_t times) {
    pthread_barrier_t start;
    runner runners[MOST_THREADS];
    double costs[MOST_THREADS];
    pthread_barrier_init(&start, NULL, threads);
    for (unsigned i = 0; i < threads; i++) {
        runners[i] = (runner){.start = &start, .work = work, .times = times};
        if (pthread_create(&runners[i].thread, NULL, run, &runners[i]) != 0) {
            fprintf(stderr, "bench: no thread to be had\n");
            exit(1);
        }
    }
    for (unsigned i = 0; i < threads; i++) {
        pthread_join(runners[i].thread, NULL);
        costs[i] = runners[i].ns;
    }
    pthread_barrier_destroy(&start);
    return bench_median(costs, threads);
}

void bench_row_threads(const char *name, bench_floor below, bench_work *work, unsigned threads) {
    const size_t repetitions = smoke ? SMOKE_REPETITIONS : REPETITIONS / 4;
    const uint64_t times = enough_times(work);
    double costs[REPETITIONS];
    for (size_t i = 0; i < repetitions; i++) {
        costs[i] = measure_threads(work, threads, times);
    }
    bench_print(name, below, bench_median(costs, repetitions));
}

/* ---- Who listens ---- */

static void ignore_event(ctrace_subscriber *self, const ctrace_event *event,
                         const ctrace_moment *moment) {
    (void)self;
    (void)event;
    (void)moment;
}

static void ignore_span(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *moment) {
    (void)self;
    (void)span;
    (void)moment;
}

static void free_nobody(ctrace_subscriber *self) {
    free(self);
}

ctrace_subscriber *bench_nobody_new(void) {
    static const ctrace_subscriber_ops ops = {
        .size = sizeof ops,
        .on_span_new = ignore_span,
        .on_span_enter = ignore_span,
        .on_span_exit = ignore_span,
        .on_span_close = ignore_span,
        .on_event = ignore_event,
        .free = free_nobody,
    };
    ctrace_subscriber *self = calloc(1, sizeof *self);
    if (self != NULL) {
        ctrace_subscriber_init(self, &ops);
    }
    return self;
}

ctrace_subscriber *bench_filtered_new(ctrace_subscriber *subscriber) {
    ctrace_filter *filter;
    if (ctrace_filter_parse("info,noisy=warn", &filter, NULL) != CTRACE_OK) {
        ctrace_subscriber_unref(subscriber);
        return NULL;
    }
    return ctrace_filtered_new(subscriber, filter);
}

ctrace_subscriber *bench_tape_new(void) {
    char path[] = "/tmp/ctrace-bench-XXXXXX";
    const ctrace_recorder_options options = {.max_bytes = 16 << 20, .thread_bytes = 8 << 20};
    close(mkstemp(path));
    ctrace_subscriber *recorder = ctrace_recorder_new(path, &options);
    unlink(path);
    return recorder;
}

ctrace_subscriber *bench_taped_new(ctrace_subscriber *subscriber) {
    ctrace_subscriber *both[] = {subscriber, bench_tape_new()};
    return ctrace_tee_new(both, 2);
}

bool bench_listen(ctrace_subscriber *subscriber) {
    if (ctrace_replace_global(subscriber) != CTRACE_OK) {
        fprintf(stderr, "bench: %s\n", ctrace_last_error());
        return false;
    }
    return true;
}

static ctrace_status drop(void *state, const char *bytes, size_t size) {
    (void)state;
    (void)bytes;
    (void)size;
    return CTRACE_OK;
}

ctrace_writer *bench_nowhere_new(void) {
    return ctrace_callback_writer_new(drop, NULL);
}

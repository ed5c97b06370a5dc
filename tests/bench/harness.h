/* Measuring small pieces of work: each is a function that does it `times` times. What is printed is
 * nanoseconds of processor time for one, the median of many repetitions, without the loop itself.
 */
#ifndef CTRACE_BENCH_HARNESS_H
#define CTRACE_BENCH_HARNESS_H

#include <stdbool.h>
#include <stdint.h>

#include "ctrace/subscriber.h"
#include "ctrace/trace.h"

typedef void bench_work(uint64_t times);

/* What a piece of work is compared with: the cheapest thing of its kind that the machine can do. */
typedef enum bench_floor {
    BENCH_NO_FLOOR,
    BENCH_FLOOR_BRANCH, /* a relaxed load and a branch */
    BENCH_FLOOR_CALL,   /* an empty call */
    BENCH_FLOOR_TSC     /* one read of the processor's clock */
} bench_floor;

/* Everything may have changed in memory: keeps a loop from being folded. */
#if defined(__GNUC__)
#define BENCH_CLOBBER() __asm__ volatile("" ::: "memory")
#else
#error "the bench needs a compiler that takes GNU asm"
#endif

#define BENCH_LOOP(times, ...)                   \
    for (uint64_t at_ = 0; at_ < times; at_++) { \
        __VA_ARGS__                              \
        BENCH_CLOBBER();                         \
    }

/* Sixty-four callsites in a row: a branch that costs a tenth of a nanosecond shows. */
#define BENCH_FOUR(...)       __VA_ARGS__ __VA_ARGS__ __VA_ARGS__ __VA_ARGS__
#define BENCH_SIXTY_FOUR(...) BENCH_FOUR(BENCH_FOUR(BENCH_FOUR(__VA_ARGS__)))

/* Reads --smoke: few repetitions, to see that everything runs. */
void bench_begin(int count, char **arguments);

/* Prints one row: what one of `each` equal pieces that the work does at a time costs. */
void bench_row(const char *name, bench_floor below, bench_work *work, unsigned each);

/* The same on several threads at once; what one piece costs its thread. */
void bench_row_threads(const char *name, bench_floor below, bench_work *work, unsigned threads);

/* Prints one row that was measured otherwise. */
void bench_print(const char *name, bench_floor below, double ns);

/* This thread's processor time, and the median of numbers, which it sorts. */
double bench_processor_ns(void);
double bench_median(double *numbers, size_t count);

/* Whether --smoke was given. */
bool bench_is_smoke(void);

/* The processor's clock, or where it cannot be read the system's, and how long its tick is. */
uint64_t bench_ticks(void);
double bench_tick_ns(void);

/* The values of the events and spans: the compiler does not know them. */
extern int32_t bench_i32;
extern uint64_t bench_u64;
extern double bench_f64;
extern const char *bench_string; /* 7 characters */

/* A subscriber that does nothing, in all callbacks. */
ctrace_subscriber *bench_nobody_new(void);

/* Who holds another subscriber, and takes it over; NULL where the other one is NULL, or in want of
 * memory or a file. The first by levels and targets alone, the second with a recorder beside. */
ctrace_subscriber *bench_filtered_new(ctrace_subscriber *subscriber);
ctrace_subscriber *bench_taped_new(ctrace_subscriber *subscriber);

/* A recorder whose file is gone when it is. */
ctrace_subscriber *bench_tape_new(void);

/* Has the subscriber hear everything from now on; NULL is nobody. False, having said why, when it
 * cannot. */
bool bench_listen(ctrace_subscriber *subscriber);

/* A writer that drops what it is given. */
ctrace_writer *bench_nowhere_new(void);

/* The groups of rows. */
void bench_floors(void);
void bench_disabled(void);
void bench_events(void);
void bench_spans(void);
void bench_filters(void);
void bench_sinks(void);
void bench_context(void);
void bench_deferred(void);
void bench_recorder(void);
void bench_files(void);

/* The work that several groups share: one event of three fields, here or in four spans of two. */
void bench_event(uint64_t times);
void bench_span(uint64_t times);
void bench_inside_four_spans(bench_work *work, uint64_t times);

#endif

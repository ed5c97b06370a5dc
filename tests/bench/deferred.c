/* Events and spans on their way to a deferred subscriber, its thread reading all the while. What is
 * read is compared with what was emitted, and nothing may be lost: else the bench ends.
 *
 * Records are emitted in batches of 20, as programs do that log now and then, and timed together,
 * and one by one, for what the slowest take. Between batches the thread does something else for as
 * long as the reader takes, so that no ring is ever full; where it is slower than that, as when
 * there are more threads than processors, the thread waits for it. */
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctrace/deferred.h"
#include "harness.h"

enum {
    BATCH = 20,
    BATCHES = 10000,
    SMOKE_BATCHES = 100,
    PAUSE_NS = 4000, /* between batches */
    MOST_THREADS = 4,
    MOST_UNREAD = 8000, /* records of one thread */
    THREAD_SHIFT = 24,  /* of a record's number: the thread is above */
    LONGEST = 1 << 16   /* nanoseconds in a histogram: what takes longer takes that */
};

static const char *const words[] = {"alpha", "bravo1", "charlie", "delta-ok"};

static void emit_event(int32_t i) {
    TRACE_INFO("tick", ("i", i), ("half", i * 0.5), ("word", words[i & 3]));
}

static void emit_span(int32_t i) {
    TRACE_SPAN("step", ("i", i), ("word", words[i & 3]));
}

typedef void emitter(int32_t i);

/* ---- What is read ---- */

typedef struct checker {
    ctrace_subscriber base;
    uint32_t next[MOST_THREADS]; /* of each thread; written by the reader */
    uint32_t wrong;
} checker;

static void check(checker *self, const ctrace_fields *fields) {
    const ctrace_value *i = ctrace_fields_find(fields, "i");
    const ctrace_value *half = ctrace_fields_find(fields, "half");
    const ctrace_value *word = ctrace_fields_find(fields, "word");
    const int64_t number = i == NULL ? -1 : i->as.i64;
    const int64_t thread = number >> THREAD_SHIFT;
    if (thread < 0 || thread >= MOST_THREADS ||
        (number & ((1 << THREAD_SHIFT) - 1)) != self->next[thread] || word == NULL ||
        strcmp(word->as.string, words[number & 3]) != 0 ||
        (half != NULL && half->as.f64 != (double)number * 0.5)) {
        self->wrong += 1;
        return;
    }
    __atomic_store_n(&self->next[thread], self->next[thread] + 1, __ATOMIC_RELAXED);
}

static void on_event(ctrace_subscriber *self, const ctrace_event *event,
                     const ctrace_moment *moment) {
    (void)moment;
    check((checker *)self, ctrace_event_fields(event));
}

static void on_close(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *moment) {
    (void)moment;
    check((checker *)self, ctrace_span_fields(span));
}

static const ctrace_subscriber_ops ops = {
    .size = sizeof ops, .on_event = on_event, .on_span_close = on_close};

static checker checked;

/* What is put before the queue. */
typedef ctrace_subscriber *wrapper(ctrace_subscriber *queue);

static ctrace_subscriber *alone(ctrace_subscriber *queue) {
    return queue;
}

static bool begin(wrapper *wrap) {
    const ctrace_deferred_options options = {.ring_bytes = 1 << 19};
    memset(&checked, 0, sizeof checked);
    ctrace_subscriber_init(&checked.base, &ops);
    return bench_listen(wrap(ctrace_deferred_new(&checked.base, &options)));
}

/* Ends the bench unless each thread's records were read, all of them and as they were. */
static void end(unsigned threads, uint32_t count) {
    ctrace_stats stats;
    ctrace_flush(CTRACE_FOREVER);
    ctrace_stats_get(&stats, sizeof stats);
    for (unsigned i = 0; i < threads; i++) {
        if (checked.next[i] != count || checked.wrong != 0 || stats.events_lost != 0 ||
            stats.spans_lost != 0) {
            fprintf(stderr,
                    "bench: of %" PRIu32 " records %" PRIu32 " were read, %" PRIu32 " were wrong\n",
                    count, checked.next[i], checked.wrong);
            exit(1);
        }
    }
    bench_listen(NULL);
}

/* ---- What is emitted ---- */

typedef struct runner {
    pthread_t thread;
    pthread_barrier_t *start;
    emitter *emit;
    unsigned number;
    uint32_t batches;
    uint32_t each;              /* records timed together */
    uint32_t took[LONGEST + 1]; /* how many times so many nanoseconds */
} runner;

/* Something else, in which the system is not entered. */
static void pause_between(void) {
    const uint64_t begun = bench_ticks();
    while ((double)(bench_ticks() - begun) * bench_tick_ns() < PAUSE_NS) {
    }
}

static void wait_for_reader(const runner *self, uint32_t emitted) {
    while (emitted - __atomic_load_n(&checked.next[self->number], __ATOMIC_RELAXED) > MOST_UNREAD) {
        sched_yield();
    }
}

/* Emits a batch, and takes note of what its parts took. */
static void emit_batch(runner *self, int32_t first) {
    const double tick_ns = bench_tick_ns();
    for (int32_t i = first; i < first + BATCH;) {
        const int32_t behind = i + (int32_t)self->each;
        const uint64_t begun = bench_ticks();
        while (i < behind) {
            self->emit(i++);
        }
        const double ns = (double)(bench_ticks() - begun) * tick_ns;
        self->took[ns < LONGEST ? (uint32_t)ns : LONGEST] += 1;
    }
}

static void *run(void *argument) {
    runner *self = argument;
    ctrace_thread_prepare();
    pthread_barrier_wait(self->start);
    for (uint32_t i = 0; i < self->batches; i++) {
        pause_between();
        wait_for_reader(self, i * BATCH);
        emit_batch(self, (int32_t)(self->number << THREAD_SHIFT | i * BATCH));
    }
    return NULL;
}

static runner runners[MOST_THREADS];

/* Emits on so many threads; what their parts took is added up in the first one's histogram. */
static void emit_all(emitter *emit, unsigned threads, uint32_t each) {
    pthread_barrier_t start;
    const uint32_t batches = bench_is_smoke() ? SMOKE_BATCHES : BATCHES;
    pthread_barrier_init(&start, NULL, threads);
    memset(runners, 0, sizeof runners);
    for (unsigned i = 0; i < threads; i++) {
        runners[i].start = &start;
        runners[i].emit = emit;
        runners[i].number = i;
        runners[i].batches = batches;
        runners[i].each = each;
        if (pthread_create(&runners[i].thread, NULL, run, &runners[i]) != 0) {
            fprintf(stderr, "bench: no thread to be had\n");
            exit(1);
        }
    }
    for (unsigned i = 0; i < threads; i++) {
        pthread_join(runners[i].thread, NULL);
        for (size_t ns = 0; i != 0 && ns <= LONGEST; ns++) {
            runners[0].took[ns] += runners[i].took[ns];
        }
    }
    pthread_barrier_destroy(&start);
}

/* So many nanoseconds that this part of them took no longer. */
static double percentile(const uint32_t *took, double part) {
    uint64_t all = 0, seen = 0;
    size_t ns = 0;
    for (size_t i = 0; i <= LONGEST; i++) {
        all += took[i];
    }
    for (; ns < LONGEST && (double)(seen + took[ns]) < part * (double)all; ns++) {
        seen += took[ns];
    }
    return (double)ns;
}

/* ---- Rows ---- */

static double measure(wrapper *wrap, emitter *emit, unsigned threads, uint32_t each, double part) {
    if (!begin(wrap)) {
        exit(1);
    }
    emit_all(emit, threads, each);
    end(threads, (bench_is_smoke() ? SMOKE_BATCHES : BATCHES) * BATCH);
    return percentile(runners[0].took, part) / each;
}

static void rows(const char *what, emitter *emit) {
    static const unsigned threads[] = {1, 2, 4};
    char name[64];
    for (size_t i = 0; i < sizeof threads / sizeof threads[0]; i++) {
        snprintf(name, sizeof name, "deferred: %s, by 20, %u thread%s", what, threads[i],
                 threads[i] == 1 ? "" : "s");
        bench_print(name, BENCH_FLOOR_TSC, measure(alone, emit, threads[i], BATCH, 0.5));
    }
    snprintf(name, sizeof name, "deferred: %s, one, 50%% of calls", what);
    bench_print(name, BENCH_FLOOR_TSC, measure(alone, emit, 1, 1, 0.5));
    snprintf(name, sizeof name, "deferred: %s, one, 99.9%% of calls", what);
    bench_print(name, BENCH_FLOOR_TSC, measure(alone, emit, 1, 1, 0.999));
    snprintf(name, sizeof name, "deferred: %s, behind a filter", what);
    bench_print(name, BENCH_FLOOR_TSC, measure(bench_filtered_new, emit, 1, BATCH, 0.5));
    snprintf(name, sizeof name, "deferred: %s, a recorder beside", what);
    bench_print(name, BENCH_FLOOR_TSC, measure(bench_taped_new, emit, 1, BATCH, 0.5));
}

void bench_deferred(void) {
    rows("event", emit_event);
    rows("span, 2 fields", emit_span);
}

/* Events and spans recorded into a file on tmpfs, where there is one, and read back: what is left
 * of the ring must be as it was emitted, and nothing lost; else the bench ends. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctrace/deferred.h"
#include "ctrace/record.h"
#include "harness.h"

static const char *path;

static void choose_path(void) {
    static char chosen[64];
    const char *folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(chosen, sizeof chosen, "%s/ctrace-bench-%ld", folder, (long)getpid());
    path = chosen;
}

/* ---- What is read back ---- */

typedef struct checker {
    ctrace_subscriber base;
    uint64_t events;
    uint64_t spans;
    uint64_t wrong;
} checker;

static void on_event(ctrace_subscriber *self, const ctrace_event *event,
                     const ctrace_moment *moment) {
    const ctrace_fields *fields = ctrace_event_fields(event);
    checker *check = (checker *)self;
    (void)moment;
    check->events += 1;
    check->wrong += ctrace_fields_find(fields, "count")->as.i64 != bench_i32 ||
                    ctrace_fields_find(fields, "ratio")->as.f64 != bench_f64 ||
                    strcmp(ctrace_fields_find(fields, "what")->as.string, bench_string) != 0;
}

static void on_close(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *moment) {
    const ctrace_fields *fields = ctrace_span_fields(span);
    checker *check = (checker *)self;
    (void)moment;
    check->spans += 1;
    check->wrong += ctrace_fields_find(fields, "id")->as.u64 != bench_u64 ||
                    strcmp(ctrace_fields_find(fields, "what")->as.string, bench_string) != 0;
}

static const ctrace_subscriber_ops ops = {
    .size = sizeof ops, .on_event = on_event, .on_span_close = on_close};

static void check_recording(void) {
    checker check = {.events = 0};
    ctrace_stats stats;
    ctrace_subscriber_init(&check.base, &ops);
    ctrace_recording *recording = ctrace_recording_open(&check.base, path, NULL);
    const ctrace_status status = recording == NULL ? CTRACE_EIO : ctrace_recording_read(recording);
    ctrace_recording_close(recording);
    ctrace_stats_get(&stats, sizeof stats);
    unlink(path);
    if (status != CTRACE_OK || check.events + check.spans == 0 || check.wrong != 0 ||
        stats.events_lost != 0 || stats.spans_lost != 0) {
        fprintf(stderr, "bench: the recording is not what was recorded\n");
        exit(1);
    }
}

/* ---- Rows ---- */

static void row(const char *name, bench_work *work, unsigned threads) {
    const ctrace_recorder_options options = {.max_bytes = 64u << 20, .thread_bytes = 1u << 20};
    if (!bench_listen(ctrace_recorder_new(path, &options))) {
        exit(1);
    }
    if (threads == 1) {
        bench_row(name, BENCH_FLOOR_TSC, work, 1);
    } else {
        bench_row_threads(name, BENCH_FLOOR_TSC, work, threads);
    }
    bench_listen(NULL);
    check_recording();
}

void bench_recorder(void) {
    choose_path();
    row("recorder: event, 1 thread", bench_event, 1);
    row("recorder: event, 2 threads", bench_event, 2);
    row("recorder: event, 4 threads", bench_event, 4);
    row("recorder: span, 2 fields, 1 thread", bench_span, 1);
    row("recorder: span, 2 fields, 2 threads", bench_span, 2);
}

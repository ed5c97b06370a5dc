/* Lines into a file on tmpfs: wall time until all of them are there, or the backend's processor
 * time alone. Each file is read back: every line, in order. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ctrace/deferred.h"
#include "ctrace/sinks.h"
#include "ctrace/writer.h"
#include "harness.h"

enum { RUNS = 5, LINES = 300000, SMOKE_LINES = 3000, BUFFER_BYTES = 64 * 1024, LONGEST_LINE = 512 };

static char path[64];
static unsigned lines;

static double wall_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void emit_all(void) {
    for (unsigned i = 0; i < lines; i++) {
        TRACE_INFO("request done", ("count", i), ("ratio", bench_f64), ("what", bench_string));
    }
}

/* ---- Sinks ---- */

typedef ctrace_subscriber *make_sink(ctrace_writer *writer);

static ctrace_subscriber *make_text(ctrace_writer *writer) {
    return ctrace_text_new(writer, NULL);
}

static ctrace_subscriber *make_json(ctrace_writer *writer) {
    return ctrace_json_new(writer, NULL);
}

static ctrace_writer *open_file(size_t buffer_bytes) {
    return ctrace_file_writer_new(
        path, &(ctrace_file_writer_options){.truncate = true, .buffer_bytes = buffer_bytes});
}

static ctrace_subscriber *defer(ctrace_subscriber *sink, bool manual) {
    const ctrace_deferred_options options = {
        .policy = CTRACE_DEFERRED_GROW, .max_bytes = (size_t)1 << 30, .manual = manual};
    return ctrace_deferred_new(sink, &options);
}

/* ---- Reading back ---- */

static bool is_line(const char *line, unsigned number, make_sink *make) {
    char middle[96];
    const bool json = make == make_json;
    snprintf(middle, sizeof middle,
             json ? "request done\",\"target\":\"files.c\",\"count\":%u,\"ratio\":2.5,"
                    "\"what\":\"request\"}\n"
                  : " INFO files.c: request done count=%u ratio=2.5 what=\"request\"\n",
             number);
    return strncmp(line, json ? "{\"time\":\"20" : "20", json ? 11 : 2) == 0 &&
           strstr(line, middle) != NULL;
}

static void check_lines(make_sink *make) {
    char line[LONGEST_LINE];
    unsigned read = 0;
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL && is_line(line, read, make)) {
        read++;
    }
    if (file == NULL || read != lines || !feof(file)) {
        fprintf(stderr, "bench: line %u of %u is not as it should be\n", read, lines);
        exit(1);
    }
    fclose(file);
}

/* ---- Ways ---- */

/* The whole run, nanoseconds a line. */
static double run(ctrace_subscriber *subscriber) {
    if (subscriber == NULL || !bench_listen(subscriber)) {
        exit(1);
    }
    const double begun = wall_ns();
    emit_all();
    ctrace_flush(CTRACE_FOREVER);
    const double taken = wall_ns() - begun;
    bench_listen(NULL);
    return taken / lines;
}

static double run_each(make_sink *make) {
    return run(make(open_file(0)));
}

static double run_buffered(make_sink *make) {
    return run(make(open_file(BUFFER_BYTES)));
}

static double run_deferred(make_sink *make) {
    return run(defer(make(open_file(0)), false));
}

/* The backend's part, on this thread after everything was emitted. */
static double run_backend(make_sink *make) {
    ctrace_subscriber *deferred = defer(make(open_file(0)), true);
    if (deferred == NULL || !bench_listen(ctrace_subscriber_ref(deferred))) {
        exit(1);
    }
    emit_all();
    const double begun = bench_processor_ns();
    const size_t read = ctrace_deferred_poll(deferred);
    const double taken = bench_processor_ns() - begun;
    bench_listen(NULL);
    ctrace_subscriber_unref(deferred);
    return read < lines ? 0 : taken / lines;
}

static void row(const char *name, double (*way)(make_sink *make), make_sink *make) {
    double costs[RUNS];
    for (size_t i = 0; i < RUNS; i++) {
        costs[i] = way(make);
        check_lines(make);
    }
    bench_print(name, BENCH_NO_FLOOR, bench_median(costs, RUNS));
}

void bench_files(void) {
    snprintf(path, sizeof path, "%s/ctrace-bench-%ld.log",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (long)getpid());
    lines = bench_is_smoke() ? SMOKE_LINES : LINES;
    row("file: text, a write for each line", run_each, make_text);
    row("file: text, buffered", run_buffered, make_text);
    row("file: text, behind a queue, all in all", run_deferred, make_text);
    row("file: text, behind a queue, backend alone", run_backend, make_text);
    row("file: JSON, a write for each line", run_each, make_json);
    row("file: JSON, buffered", run_buffered, make_json);
    row("file: JSON, behind a queue, all in all", run_deferred, make_json);
    row("file: JSON, behind a queue, backend alone", run_backend, make_json);
    remove(path);
}

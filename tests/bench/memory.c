/* Runs threads that emit, and prints in KiB what the process has of memory for itself while they
 * are all alive. What memory.sh subtracts is the same without anybody who listens.
 *
 * Usage: bench_memory nobody|text|deferred|recorder THREADS */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctrace/deferred.h"
#include "ctrace/sinks.h"
#include "ctrace/writer.h"
#include "harness.h"

enum { MOST_THREADS = 64, EVENTS = 20000 };

static pthread_barrier_t all_have_emitted, all_is_measured;

/* Private memory: what is in this process alone, in files' mappings too. */
static long private_kib(void) {
    FILE *file = fopen("/proc/self/smaps_rollup", "r");
    char line[128];
    long sum = 0;
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        long kib;
        if (sscanf(line, "Private_Clean: %ld", &kib) == 1 ||
            sscanf(line, "Private_Dirty: %ld", &kib) == 1) {
            sum += kib;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return sum;
}

static void *emit(void *unused) {
    (void)unused;
    TRACE_SPAN("work", ("id", bench_u64), ("what", bench_string));
    bench_event(EVENTS);
    pthread_barrier_wait(&all_have_emitted);
    pthread_barrier_wait(&all_is_measured);
    return NULL;
}

static bool prepare(const char *kind) {
    if (strcmp(kind, "nobody") == 0) {
        return true;
    }
    ctrace_writer *nowhere = bench_nowhere_new();
    if (strcmp(kind, "text") == 0) {
        return bench_listen(ctrace_text_new(nowhere, NULL));
    }
    if (strcmp(kind, "deferred") == 0) {
        return bench_listen(ctrace_deferred_new(ctrace_text_new(nowhere, NULL), NULL));
    }
    ctrace_writer_unref(nowhere);
    return strcmp(kind, "recorder") == 0 &&
           bench_listen(ctrace_recorder_new("bench_memory.ctrace", NULL));
}

int main(int count, char **arguments) {
    const unsigned threads = count == 3 ? (unsigned)strtoul(arguments[2], NULL, 10) : 0;
    pthread_t ids[MOST_THREADS];
    if (threads == 0 || threads > MOST_THREADS || !prepare(arguments[1])) {
        fprintf(stderr, "bench_memory: bad arguments, or %s\n", ctrace_last_error());
        return 2;
    }
    pthread_barrier_init(&all_have_emitted, NULL, threads);
    pthread_barrier_init(&all_is_measured, NULL, threads);
    for (unsigned i = 1; i < threads; i++) {
        if (pthread_create(&ids[i], NULL, emit, NULL) != 0) {
            return 1;
        }
    }
    TRACE_SPAN("work", ("id", bench_u64), ("what", bench_string));
    bench_event(EVENTS);
    pthread_barrier_wait(&all_have_emitted);
    ctrace_flush(CTRACE_FOREVER);
    printf("%ld\n", private_kib());
    pthread_barrier_wait(&all_is_measured);
    for (unsigned i = 1; i < threads; i++) {
        pthread_join(ids[i], NULL);
    }
    remove("bench_memory.ctrace");
    return 0;
}

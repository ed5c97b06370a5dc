/* Does one kind of work a given number of times, for instructions.sh to count what that takes. */
#include "ctrace/deferred.h"
#include "ctrace/filter.h"
#include "ctrace/sinks.h"
#include "ctrace/writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"

static void nothing(uint64_t times) {
    BENCH_LOOP(times, )
}

static void event(uint64_t times) {
    BENCH_LOOP(times, TRACE_INFO("request done", ("count", bench_i32), ("ratio", bench_f64),
                                 ("what", bench_string));)
}

static void span(uint64_t times) {
    BENCH_LOOP(times, TRACE_SPAN("first", ("id", bench_u64), ("what", bench_string));)
}

static void gated(uint64_t times) {
    TRACE_SPAN("watched");
    BENCH_LOOP(times, TRACE_DEBUG("details", ("count", bench_i32), ("ratio", bench_f64),
                                  ("what", bench_string));)
}

/* Behind a directive that lets everything through inside that span. */
static bool listen_inside(void) {
    ctrace_filter *filter;
    return ctrace_filter_parse("warn,[watched]=trace", &filter, NULL) == CTRACE_OK &&
           bench_listen(ctrace_filtered_new(bench_nobody_new(), filter));
}

/* Lines that go nowhere, but by the way that those to files go. */
static ctrace_writer *null_device(void) {
    return ctrace_file_writer_new("/dev/null", NULL);
}

static bool listen_as_text(void) {
    return bench_listen(ctrace_text_new(null_device(), NULL));
}

static bool queue(ctrace_subscriber *sink) {
    const ctrace_deferred_options options = {
        .manual = true, .policy = CTRACE_DEFERRED_GROW, .max_bytes = (size_t)1 << 28};
    return bench_listen(ctrace_deferred_new(sink, &options));
}

static bool listen_to_queue_as_text(void) {
    return queue(ctrace_text_new(null_device(), NULL));
}

static bool listen_to_queue_as_json(void) {
    return queue(ctrace_json_new(null_device(), NULL));
}

static void event_and_flush(uint64_t times) {
    event(times);
    ctrace_flush(CTRACE_FOREVER);
}

static bool listen(void) {
    return bench_listen(bench_nobody_new());
}

/* Nobody reads: there is room for all. */
static ctrace_subscriber *ring_new(void) {
    const ctrace_deferred_options options = {.manual = true, .ring_bytes = 8 << 20};
    return ctrace_deferred_new(bench_nobody_new(), &options);
}

static bool listen_later(void) {
    return bench_listen(ring_new());
}

static bool listen_later_behind_filter(void) {
    return bench_listen(bench_filtered_new(ring_new()));
}

static bool listen_by_recorder(void) {
    return bench_listen(bench_tape_new());
}

static bool listen_by_recorder_behind_filter(void) {
    return bench_listen(bench_filtered_new(bench_tape_new()));
}

/* To both, as a program does that also wants to know what led to a crash. */
static bool listen_to_both(void) {
    return bench_listen(bench_taped_new(ring_new()));
}

static bool leave(void) {
    return true;
}

typedef struct kind {
    const char *name;
    bench_work *work;
    bool (*prepare)(void);
} kind;

static const kind kinds[] = {
    {"nothing", nothing, leave},
    {"disabled-event", event, leave},
    {"disabled-span", span, leave},
    {"event", event, listen},
    {"span", span, listen},
    {"gated-event", gated, listen_inside},
    {"ring-event", event, listen_later},
    {"ring-span", span, listen_later},
    {"filtered-ring-event", event, listen_later_behind_filter},
    {"filtered-ring-span", span, listen_later_behind_filter},
    {"tape-event", event, listen_by_recorder},
    {"tape-span", span, listen_by_recorder},
    {"filtered-tape-event", event, listen_by_recorder_behind_filter},
    {"filtered-tape-span", span, listen_by_recorder_behind_filter},
    {"both-event", event, listen_to_both},
    {"both-span", span, listen_to_both},
    {"text-event", event, listen_as_text},
    {"queued-text", event_and_flush, listen_to_queue_as_text},
    {"queued-json", event_and_flush, listen_to_queue_as_json},
};

int main(int count, char **arguments) {
    if (count != 3) {
        fprintf(stderr, "usage: %s KIND TIMES\n", arguments[0]);
        return 2;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(arguments[1], kinds[i].name) == 0) {
            if (!kinds[i].prepare()) {
                return 1;
            }
            kinds[i].work(strtoull(arguments[2], NULL, 10));
            _exit(0); /* what is left unread at the end is not part of it */
        }
    }
    return 2;
}

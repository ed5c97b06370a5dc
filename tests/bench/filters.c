/* Filtered subscribers: what they silence, and what they let through. */
#include "ctrace/filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

enum { MANY = 1000, MANY_BYTES = MANY * 24 };

static void debug_events(uint64_t times) {
    BENCH_LOOP(times, BENCH_SIXTY_FOUR(TRACE_DEBUG("details", ("count", bench_i32),
                                                   ("ratio", bench_f64), ("what", bench_string));))
}

static void debug_spans(uint64_t times) {
    BENCH_LOOP(times, BENCH_SIXTY_FOUR({
                   TRACE_SPAN_AT(CTRACE_LEVEL_DEBUG, "part", ("id", bench_u64),
                                 ("what", bench_string));
                   BENCH_CLOBBER();
               }))
}

static void one_debug_event(uint64_t times) {
    BENCH_LOOP(times, TRACE_DEBUG("details", ("count", bench_i32), ("ratio", bench_f64),
                                  ("what", bench_string));)
}

static void inside_matching(uint64_t times) {
    TRACE_SPAN("watched", ("id", bench_u64));
    one_debug_event(times);
}

/* Installs the subscriber that does nothing behind these directives. */
static bool listen(const char *directives) {
    ctrace_filter *filter;
    if (ctrace_filter_parse(directives, &filter, NULL) != CTRACE_OK) {
        fprintf(stderr, "bench: %s\n", ctrace_last_error());
        return false;
    }
    ctrace_subscriber *filtered = ctrace_filtered_new(bench_nobody_new(), filter);
    return filtered != NULL && bench_listen(filtered);
}

static bool listen_to_many(void) {
    char *directives = malloc(MANY_BYTES);
    if (directives == NULL) {
        return false;
    }
    strcpy(directives, "info");
    for (size_t i = 0, at = 4; i < MANY; i++) {
        at += (size_t)sprintf(directives + at, ",part%u::of=debug", (unsigned)i);
    }
    const bool listening = listen(directives);
    free(directives);
    return listening;
}

static void silenced(const char *event, const char *span) {
    bench_row(event, BENCH_FLOOR_BRANCH, debug_events, 64);
    bench_row(span, BENCH_FLOOR_BRANCH, debug_spans, 64);
}

/* A span that is always open elsewhere would open the gate: what it costs where none matches. */
static void dynamic_rows(void) {
    bench_row("filter, dynamic, inactive: event", BENCH_FLOOR_BRANCH, debug_events, 64);
    bench_row("filter, dynamic, inactive: span", BENCH_FLOOR_BRANCH, debug_spans, 64);
    bench_row("filter, dynamic, active: event let through", BENCH_FLOOR_CALL, inside_matching, 1);
    bench_row("filter, dynamic: event let through anyway", BENCH_FLOOR_CALL, bench_event, 1);
    bench_row("filter, dynamic: span let through anyway", BENCH_FLOOR_CALL, bench_span, 1);
    bench_row_threads("filter, dynamic, active, 1 thread", BENCH_FLOOR_CALL, inside_matching, 1);
    bench_row_threads("filter, dynamic, active, 4 threads", BENCH_FLOOR_CALL, inside_matching, 4);
}

void bench_filters(void) {
    if (listen("info")) {
        silenced("filter, by level: event", "filter, by level: span");
        bench_row("filter, static: event let through", BENCH_FLOOR_CALL, bench_event, 1);
        bench_row_threads("filter, static, 1 thread", BENCH_FLOOR_CALL, bench_event, 1);
        bench_row_threads("filter, static, 4 threads", BENCH_FLOOR_CALL, bench_event, 4);
    }
    if (listen("trace,filters.c=info")) {
        silenced("filter, by target: event", "filter, by target: span");
    }
    if (listen_to_many()) {
        silenced("filter, by 1,000 directives: event", "filter, by 1,000 directives: span");
    }
    if (listen("info,[watched]=debug")) {
        dynamic_rows();
    }
    bench_listen(NULL);
}

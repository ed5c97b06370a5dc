/* Events encoded, and dropped by the writer. */
#include "ctrace/sinks.h"

#include "harness.h"

static void event_inside(uint64_t times) {
    bench_inside_four_spans(bench_event, times);
}

static void rows(ctrace_subscriber *sink, const char *alone, const char *inside, const char *span) {
    if (sink == NULL || !bench_listen(sink)) {
        return;
    }
    bench_row(alone, BENCH_FLOOR_TSC, bench_event, 1);
    bench_row(inside, BENCH_FLOOR_TSC, event_inside, 1);
    bench_row(span, BENCH_FLOOR_CALL, bench_span, 1);
    bench_listen(NULL);
}

void bench_sinks(void) {
    const ctrace_text_options timeless = {.time = CTRACE_TIME_NONE};
    rows(ctrace_text_new(bench_nowhere_new(), NULL), "text: event", "text: event inside 4 spans",
         "text: span");
    rows(ctrace_text_new(bench_nowhere_new(), &timeless), "text without time: event",
         "text without time: event inside 4 spans", "text without time: span");
    rows(ctrace_json_new(bench_nowhere_new(), NULL), "JSON: event", "JSON: event inside 4 spans",
         "JSON: span");
}

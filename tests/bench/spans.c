/* Spans opened and closed, for the subscriber that does nothing. */
#include "harness.h"

void bench_span(uint64_t times) {
    BENCH_LOOP(times, TRACE_SPAN("first", ("id", bench_u64), ("what", bench_string));)
}

static void without_fields(uint64_t times) {
    BENCH_LOOP(times, TRACE_SPAN("first");)
}

static void fourth(void) {
    TRACE_SPAN("fourth", ("id", bench_u64), ("what", bench_string));
    BENCH_CLOBBER();
}

static void third(void) {
    TRACE_SPAN("third", ("id", bench_u64), ("what", bench_string));
    fourth();
}

static void second(void) {
    TRACE_SPAN("second", ("id", bench_u64), ("what", bench_string));
    third();
}

static void four(uint64_t times) {
    BENCH_LOOP(times, TRACE_SPAN("first", ("id", bench_u64), ("what", bench_string)); second();)
}

void bench_spans(void) {
    if (!bench_listen(bench_nobody_new())) {
        return;
    }
    bench_row("span, no fields", BENCH_FLOOR_CALL, without_fields, 1);
    bench_row("span, 2 fields", BENCH_FLOOR_CALL, bench_span, 1);
    bench_row("4 nested spans, 2 fields each", BENCH_FLOOR_CALL, four, 1);
    bench_listen(NULL);
}

/* Events to a subscriber that does nothing. */
#include "harness.h"

void bench_event(uint64_t times) {
    BENCH_LOOP(times, TRACE_INFO("request done", ("count", bench_i32), ("ratio", bench_f64),
                                 ("what", bench_string));)
}

void bench_inside_four_spans(bench_work *work, uint64_t times) {
    TRACE_SPAN("first", ("id", bench_u64), ("what", bench_string));
    TRACE_SPAN("second", ("id", bench_u64), ("what", bench_string));
    TRACE_SPAN("third", ("id", bench_u64), ("what", bench_string));
    TRACE_SPAN("fourth", ("id", bench_u64), ("what", bench_string));
    work(times);
}

static void inside(uint64_t times) {
    bench_inside_four_spans(bench_event, times);
}

static void without_fields(uint64_t times) {
    BENCH_LOOP(times, TRACE_INFO("request done");)
}

void bench_events(void) {
    if (!bench_listen(bench_nobody_new())) {
        return;
    }
    bench_row("event, no fields", BENCH_FLOOR_CALL, without_fields, 1);
    bench_row("event, 3 fields", BENCH_FLOOR_CALL, bench_event, 1);
    bench_row("event, 3 fields, inside 4 spans", BENCH_FLOOR_CALL, inside, 1);
    bench_listen(NULL);
}

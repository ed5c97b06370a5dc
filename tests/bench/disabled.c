/* Callsites that nobody wants. */
#include "harness.h"

static void events(uint64_t times) {
    BENCH_LOOP(times, BENCH_SIXTY_FOUR(TRACE_INFO("nobody hears it", ("count", bench_i32),
                                                  ("ratio", bench_f64), ("what", bench_string));))
}

static void spans(uint64_t times) {
    BENCH_LOOP(times, BENCH_SIXTY_FOUR({
                   TRACE_SPAN("unseen", ("id", bench_u64), ("what", bench_string));
                   BENCH_CLOBBER();
               }))
}

void bench_disabled(void) {
    bench_row("disabled event", BENCH_FLOOR_BRANCH, events, 64);
    bench_row("disabled span", BENCH_FLOOR_BRANCH, spans, 64);
}

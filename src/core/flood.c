/* Holding back events that come too often: TRACE_ONCE, TRACE_EVERY, TRACE_RATE. */
#include "base/atomic.h"
#include "base/clock.h"
#include "ctrace/trace.h"

bool ctrace_i_once(ctrace_i_flood *flood) {
    return cti_load_relaxed(&flood->passed) == 0 && cti_exchange(&flood->passed, 1u) == 0;
}

static bool hold_back(ctrace_i_flood *flood) {
    cti_fetch_add(&flood->suppressed, 1u);
    return false;
}

static bool let_through(ctrace_i_flood *flood, uint64_t *ret_suppressed) {
    *ret_suppressed = cti_exchange(&flood->suppressed, 0u);
    return true;
}

bool ctrace_i_every(ctrace_i_flood *flood, uint64_t n, uint64_t *ret_suppressed) {
    const uint32_t before = cti_fetch_add(&flood->passed, 1u);
    return n <= 1 || before % n == 0 ? let_through(flood, ret_suppressed) : hold_back(flood);
}

/* Seconds are counted from 1, so that 0 is no second. */
static uint32_t this_second(void) {
    return (uint32_t)(cti_clock_coarse_ns() / 1000000000u) + 1;
}

bool ctrace_i_rate(ctrace_i_flood *flood, uint64_t per_second, uint64_t *ret_suppressed) {
    const uint32_t now = this_second();
    uint32_t window = cti_load_relaxed(&flood->window);
    if (window != now && cti_compare_exchange(&flood->window, &window, now)) {
        cti_store_relaxed(&flood->passed, 0u); /* a new second begins */
    }
    const uint32_t before = cti_fetch_add(&flood->passed, 1u);
    return before < per_second ? let_through(flood, ret_suppressed) : hold_back(flood);
}

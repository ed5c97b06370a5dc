#include "core/shutdown.h"

#include "base/clock.h"
#include "support/test.h"
#include "support/probe.h"

enum { SECOND_NS = 1000000000 };

static uint64_t due_seen, patience_seen;

static ctrace_status look(ctrace_subscriber *subscriber, uint64_t timeout_ns) {
    (void)subscriber, (void)timeout_ns;
    due_seen = cti_shutdown_due_ns();
    patience_seen = cti_patience_ns();
    return CTRACE_OK;
}

static void shut_down_within(uint64_t timeout_ns) {
    static const ctrace_subscriber_ops ops = {.size = sizeof ops, .flush = look};
    static ctrace_subscriber looker;
    ctrace_subscriber_init(&looker, &ops);
    assert_int_equal(ctrace_set_global(&looker), CTRACE_OK);
    due_seen = 0;
    assert_int_equal(ctrace_shutdown(timeout_ns), CTRACE_OK);
}

static void patience_ends_when_shutting_down_has_to(void **state) {
    (void)state;
    const uint64_t before = cti_clock_monotonic_ns();
    assert_true(cti_shutdown_due_ns() == UINT64_MAX);
    assert_int_equal(cti_patience_ns(), SECOND_NS);
    shut_down_within(0);
    assert_true(due_seen >= before && due_seen <= cti_clock_monotonic_ns());
    assert_in_range(patience_seen, 1, SECOND_NS / 10);
    shut_down_within(UINT64_C(1000) * SECOND_NS);
    assert_true(due_seen >= before + UINT64_C(1000) * SECOND_NS);
    assert_int_equal(patience_seen, SECOND_NS);
    shut_down_within(CTRACE_FOREVER);
    assert_true(due_seen == UINT64_MAX);
    assert_int_equal(patience_seen, SECOND_NS);
    assert_true(cti_shutdown_due_ns() == UINT64_MAX); /* and then all is as before */
}

RUN(TEST(patience_ends_when_shutting_down_has_to))

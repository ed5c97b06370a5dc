#include "support/test.h"

#include <time.h>

#include "base/clock.h"

static void clocks_agree_with_the_system(void **state) {
    (void)state;
    const uint64_t before = (uint64_t)time(NULL);
    const uint64_t now = cti_clock_realtime_ns() / 1000000000u;
    assert_true(now + 1 >= before && now <= (uint64_t)time(NULL) + 1);
}

static void monotonic_clocks_do_not_step_back(void **state) {
    (void)state;
    uint64_t last = cti_clock_monotonic_ns(), last_coarse = cti_clock_coarse_ns();
    for (int i = 0; i < 10000; i++) {
        const uint64_t now = cti_clock_monotonic_ns(), coarse = cti_clock_coarse_ns();
        assert_true(now >= last && coarse >= last_coarse);
        last = now;
        last_coarse = coarse;
    }
}

static void sleeping_takes_time(void **state) {
    (void)state;
    const uint64_t before = cti_clock_monotonic_ns();
    cti_sleep_ns(1000000);
    assert_true(cti_clock_monotonic_ns() - before >= 1000000);
    cti_sleep_ns(0);
}

RUN(TEST(clocks_agree_with_the_system), TEST(monotonic_clocks_do_not_step_back),
    TEST(sleeping_takes_time))

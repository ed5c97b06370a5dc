#include "support/test.h"

#include <string.h>

#include "core/stats.h"
#include "support/probe.h"

static void every_counter_has_its_member(void **state) {
    (void)state;
    const ctrace_stats before = stats_now();
    for (int i = 0; i < CTI_COUNTER_COUNT; i++) {
        cti_count((cti_counter)i, i + 1);
    }
    const ctrace_stats after = stats_now();
    assert_int_equal(after.events_lost - before.events_lost, CTI_EVENTS_LOST + 1);
    assert_int_equal(after.spans_lost - before.spans_lost, CTI_SPANS_LOST + 1);
    assert_int_equal(after.bytes_lost - before.bytes_lost, CTI_BYTES_LOST + 1);
    assert_int_equal(after.threads - before.threads, CTI_THREADS + 1);
    assert_int_equal(after.traces_forgotten - before.traces_forgotten, CTI_TRACES_FORGOTTEN + 1);
    cti_count(CTI_THREADS, -(CTI_THREADS + 1));
    assert_int_equal(stats_now().threads, before.threads);
}

static void structs_of_other_versions(void **state) {
    (void)state;
    struct {
        ctrace_stats stats;
        uint64_t later[2];
    } large;
    memset(&large, 0xff, sizeof large);
    ctrace_stats_get(&large.stats, sizeof large);
    assert_int_equal(large.later[0] | large.later[1], 0);
    ctrace_stats small;
    memset(&small, 0xff, sizeof small);
    ctrace_stats_get(&small, sizeof small.events_lost);
    assert_int_equal(small.events_lost, stats_now().events_lost);
    assert_true(small.spans_lost == UINT64_MAX);
}

RUN(TEST(every_counter_has_its_member), TEST(structs_of_other_versions))

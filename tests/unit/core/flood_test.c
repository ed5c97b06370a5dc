#include "support/test.h"

#include <pthread.h>

#include "base/clock.h"
#include "ctrace/testing.h"

static void once_is_once(void **state) {
    (void)state;
    ctrace_i_flood flood = {0, 0, 0, 0};
    assert_true(ctrace_i_once(&flood));
    assert_false(ctrace_i_once(&flood));
    assert_false(ctrace_i_once(&flood));
}

static void every_nth_with_what_was_held_back(void **state) {
    (void)state;
    ctrace_i_flood flood = {0, 0, 0, 0};
    for (uint64_t i = 0; i < 20; i++) {
        uint64_t suppressed = 77;
        const bool passes = ctrace_i_every(&flood, 5, &suppressed);
        assert_int_equal(passes, i % 5 == 0);
        assert_int_equal(suppressed, !passes ? 77 : i == 0 ? 0 : 4);
    }
    ctrace_i_flood all = {0, 0, 0, 0};
    for (uint64_t i = 0; i < 5; i++) {
        uint64_t suppressed = 77;
        assert_true(ctrace_i_every(&all, i % 2, &suppressed)); /* 0 and 1: each */
        assert_int_equal(suppressed, 0);
    }
}

static void so_many_in_a_second(void **state) {
    (void)state;
    ctrace_i_flood flood = {0, 0, 0, 0};
    uint64_t suppressed = 77;
    assert_false(ctrace_i_rate(&flood, 0, &suppressed));
    assert_int_equal(suppressed, 77);
    flood = (ctrace_i_flood){0, 0, 0, 0};
    int passed = 0, held = 0;
    for (int i = 0; i < 1000; i++) {
        passed += ctrace_i_rate(&flood, 10, &suppressed);
    }
    held = (int)flood.suppressed;
    assert_true(passed >= 10 && passed <= 20); /* a second may have ended meanwhile */
    assert_true(passed + held == 1000 || passed > 10);
    flood.window -= 5; /* as if that had been 5 seconds ago */
    assert_true(ctrace_i_rate(&flood, 10, &suppressed));
    assert_int_equal(suppressed, held);
    assert_true(ctrace_i_rate(&flood, 10, &suppressed));
    assert_int_equal(suppressed, 0);
}

enum { THREADS = 4, ROUNDS = 10000 };

static ctrace_i_flood shared;

static void *pass_by(void *sum) {
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t suppressed = 0;
        if (ctrace_i_every(&shared, 7, &suppressed)) {
            *(uint64_t *)sum += 1 + suppressed;
        }
    }
    return NULL;
}

static void nothing_is_counted_twice(void **state) {
    (void)state;
    pthread_t threads[THREADS];
    uint64_t sums[THREADS] = {0};
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, pass_by, &sums[i]), 0);
    }
    uint64_t sum = 0;
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        sum += sums[i];
    }
    assert_int_equal(sum + shared.suppressed, THREADS * ROUNDS);
}

static void suppressed_comes_last_and_only_if_not_zero(void **state) {
    (void)state;
    ctrace_subscriber *seen = ctrace_capture_new(NULL);
    int evaluated = 0;
    TRACE_WITH_SUBSCRIBER(seen) {
        for (int i = 0; i < 6; i++) {
            TRACE_EVERY(3, CTRACE_LEVEL_WARN, "often", ("i", i), ("n", ++evaluated));
            TRACE_ONCE(CTRACE_LEVEL_WARN, "once", ("n", ++evaluated));
        }
    }
    assert_int_equal(evaluated, 3); /* only of those let through */
    CTRACE_ASSERT_COUNT(seen, CTRACE_CAPTURED_EVENT, "often", 2);
    CTRACE_ASSERT_COUNT(seen, CTRACE_CAPTURED_EVENT, "once", 1);
    const ctrace_fields *first = ctrace_capture_at(seen, 0)->fields;
    const ctrace_fields *second = ctrace_capture_at(seen, 2)->fields;
    assert_int_equal(ctrace_fields_count(first), 2);
    assert_int_equal(ctrace_fields_count(second), 3);
    assert_string_equal(ctrace_fields_key(second, 2), "suppressed");
    assert_int_equal(ctrace_fields_value(second, 2)->as.u64, 2);
    ctrace_subscriber_unref(seen);
}

RUN(TEST(once_is_once), TEST(every_nth_with_what_was_held_back), TEST(so_many_in_a_second),
    TEST(nothing_is_counted_twice), TEST(suppressed_comes_last_and_only_if_not_zero))

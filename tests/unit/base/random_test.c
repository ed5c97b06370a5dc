#include "support/test.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"

enum { COUNT = 10000 };

static int compare(const void *one, const void *other) {
    const uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;
    return a < b ? -1 : a > b;
}

static void numbers_do_not_come_again(void **state) {
    (void)state;
    static uint64_t drawn[2 * COUNT];
    cti_random one = {{0, 0}}, two = {{0, 0}};
    unsigned ones = 0;
    for (int i = 0; i < COUNT; i++) {
        drawn[2 * i] = cti_random_next(&one);
        drawn[2 * i + 1] = cti_random_next(&two);
        ones += (unsigned)__builtin_popcountll(drawn[2 * i]);
    }
    qsort(drawn, 2 * COUNT, sizeof *drawn, compare);
    for (int i = 1; i < 2 * COUNT; i++) {
        assert_true(drawn[i] != drawn[i - 1]);
    }
    assert_true(ones > 32 * COUNT - 5000 && ones < 32 * COUNT + 5000); /* 6 deviations */
}

static void a_seed_says_it_all(void **state) {
    (void)state;
    cti_random one = {{1, 2}}, two = {{1, 2}};
    assert_int_equal(cti_random_next(&one), 393217); /* by the published algorithm */
    assert_int_equal(cti_random_next(&two), 393217);
    for (int i = 0; i < 100; i++) {
        assert_true(cti_random_next(&one) == cti_random_next(&two));
    }
    assert_memory_equal(&one, &two, sizeof one);
}

/* There is one state of which 0 is made; it is passed over. */
static void sequences_have_no_zero(void **state) {
    (void)state;
    const uint64_t step = 0x9e3779b97f4a7c15u;
    cti_sequence before = {0 - step}, behind = {0};
    assert_true(cti_sequence_next(&before) == cti_sequence_next(&behind));
    assert_true(before.state == step);
}

static void sequences_do_not_come_again(void **state) {
    (void)state;
    static uint64_t drawn[COUNT];
    cti_sequence sequence = {(uint64_t)0 - COUNT / 2 * 0x9e3779b97f4a7c15u}; /* past 0, too */
    unsigned ones = 0;
    for (int i = 0; i < COUNT; i++) {
        drawn[i] = cti_sequence_next(&sequence);
        ones += (unsigned)__builtin_popcountll(drawn[i]);
    }
    qsort(drawn, COUNT, sizeof *drawn, compare);
    assert_true(drawn[0] != 0);
    for (int i = 1; i < COUNT; i++) {
        assert_true(drawn[i] != drawn[i - 1]);
    }
    assert_true(ones > 32 * COUNT - 2400 && ones < 32 * COUNT + 2400); /* 6 deviations */
}

RUN(TEST(numbers_do_not_come_again), TEST(a_seed_says_it_all), TEST(sequences_have_no_zero),
    TEST(sequences_do_not_come_again))

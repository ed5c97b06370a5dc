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

RUN(TEST(numbers_do_not_come_again), TEST(a_seed_says_it_all))

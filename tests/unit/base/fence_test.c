#include "support/test.h"

#include <pthread.h>

#include "base/atomic.h"
#include "base/fence.h"

/* Each side stores, fences and looks at what the other stored: one of them must see it. */
enum { ROUNDS = 2000 };
static int ready[2], stored[2], seen[2], go;

static void light_fence(void) {
    if (cti_light_fence_is_heavy()) {
        cti_fence();
    } else {
        cti_compiler_barrier();
    }
}

static void wait_for(int *at, int round) {
    while (cti_load_acquire(at) != round) {
    }
}

static void *run_the_light_side(void *argument) {
    for (int round = 1; round <= ROUNDS; round++) {
        wait_for(&go, round);
        cti_store_relaxed(&stored[0], round);
        light_fence();
        seen[0] = cti_load_relaxed(&stored[1]) == round;
        cti_store_release(&ready[0], round);
    }
    return argument;
}

static void one_of_two_sees_the_other(void **state) {
    (void)state;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, run_the_light_side, NULL), 0);
    int blind = 0;
    for (int round = 1; round <= ROUNDS; round++) {
        cti_store_release(&go, round);
        cti_store_relaxed(&stored[1], round);
        cti_heavy_fence();
        seen[1] = cti_load_relaxed(&stored[0]) == round;
        wait_for(&ready[0], round);
        blind += !seen[0] && !seen[1];
    }
    pthread_join(thread, NULL);
    assert_int_equal(blind, 0);
}

static void the_answer_stays(void **state) {
    (void)state;
    assert_int_equal(cti_light_fence_is_heavy(), cti_light_fence_is_heavy());
}

RUN(TEST(one_of_two_sees_the_other), TEST(the_answer_stays))

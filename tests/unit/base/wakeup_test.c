#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/wakeup.h"

enum { ROUNDS = 2000 };

static cti_wakeup wakeup;
static uint32_t work, done;

static void *sleeper(void *argument) {
    (void)argument;
    while (cti_load_relaxed(&done) < ROUNDS) {
        cti_wakeup_announce(&wakeup, CTI_SLEEP_DEEP);
        if (cti_load_acquire(&work) != done) {
            cti_wakeup_cancel(&wakeup);
            cti_store_release(&done, done + 1);
        } else {
            cti_wakeup_sleep(&wakeup, CTI_SLEEP_DEEP, CTI_WAKEUP_FOREVER);
        }
    }
    return NULL;
}

/* If one wake-up were lost, this would never end. */
static void no_wakeup_is_lost(void **state) {
    (void)state;
    pthread_t thread;
    assert_true(cti_wakeup_init(&wakeup));
    assert_int_equal(pthread_create(&thread, NULL, sleeper, NULL), 0);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        cti_store_release(&work, i + 1);
        cti_fence();
        if (cti_wakeup_needed(&wakeup)) {
            cti_wakeup_now(&wakeup);
        }
        while (cti_load_acquire(&done) != i + 1) {
        }
    }
    cti_wakeup_now(&wakeup);
    pthread_join(thread, NULL);
    cti_wakeup_destroy(&wakeup);
}

static void only_deep_sleepers_need_waking(void **state) {
    (void)state;
    assert_true(cti_wakeup_init(&wakeup));
    assert_false(cti_wakeup_needed(&wakeup));
    cti_wakeup_announce(&wakeup, CTI_SLEEP_LIGHT);
    assert_false(cti_wakeup_needed(&wakeup));
    cti_wakeup_sleep(&wakeup, CTI_SLEEP_LIGHT, 1000);
    cti_wakeup_announce(&wakeup, CTI_SLEEP_DEEP);
    assert_true(cti_wakeup_needed(&wakeup));
    cti_wakeup_now(&wakeup);
    cti_wakeup_sleep(&wakeup, CTI_SLEEP_DEEP, CTI_WAKEUP_FOREVER); /* woken before */
    assert_false(cti_wakeup_needed(&wakeup));
    cti_wakeup_destroy(&wakeup);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_wakeup_is_lost),
        cmocka_unit_test(only_deep_sleepers_need_waking),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

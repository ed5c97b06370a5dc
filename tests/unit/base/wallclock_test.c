#include "base/wallclock.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "support/test.h"

enum { EXACT_NS = 1000, CALLS = 300000 };

/* What was said lies between what the system said before and after, but for the inexactness:
 * however long this thread was kept from running in between. */
static uint64_t check_once(void) {
    const uint64_t before = cti_clock_realtime_ns();
    const uint64_t said = cti_wallclock_ns();
    const uint64_t after = cti_clock_realtime_ns();
    assert_in_range(said, before - EXACT_NS, after + EXACT_NS);
    return said;
}

static int begin(void **state) {
    (void)state;
    cti_ticks_prepare();
    memset(&cti_wallclock_here, 0, sizeof cti_wallclock_here);
    return 0;
}

static void it_is_the_system_s_time(void **state) {
    (void)state;
    uint64_t last = 0;
    for (int i = 0; i < CALLS; i++) {
        const uint64_t now = check_once();
        assert_true(now >= last);
        last = now;
    }
}

static void also_after_pauses(void **state) {
    (void)state;
    static const uint64_t pauses[] = {20000, 150000, 900000, 2000000, 30000000, 120000000};
    for (size_t i = 0; i < 6; i++) {
        for (int j = 0; j < 5; j++) {
            cti_sleep_ns(pauses[i]);
            check_once();
            check_once();
        }
    }
}

/* Often enough the counter is what tells: else all this were for nothing. */
static void mostly_the_counter_is_asked(void **state) {
    (void)state;
    if (!cti_ticks_count) {
        skip();
    }
    unsigned good = 0;
    for (int i = 0; i < CALLS; i++) {
        cti_wallclock_ns();
        good += cti_wallclock_here.most != 0;
    }
    assert_true(good > CALLS / 10);
}

/* The machine slept, or was moved to another whose counter differs. */
static void counters_that_jump_are_noticed(void **state) {
    (void)state;
    static const uint64_t jumps[] = {UINT64_C(1) << 40, 0 - (UINT64_C(1) << 40), 5000000};
    for (size_t i = 0; i < 3; i++) {
        for (int j = 0; j < CALLS / 10; j++) {
            cti_wallclock_ns();
        }
        /* as if so many ticks had passed */
        cti_wallclock_here.ticks -= jumps[i];
        cti_wallclock_here.monotonic.ticks -= jumps[i];
        for (int j = 0; j < CALLS / 10; j++) {
            check_once();
        }
    }
}

static void time_that_was_set_back_is_followed(void **state) {
    (void)state;
    for (int j = 0; j < CALLS / 10; j++) {
        cti_wallclock_ns();
    }
    const uint64_t hour = UINT64_C(3600000000000);
    cti_wallclock_here.epoch_ns += hour; /* as it was before */
    cti_wallclock_here.last_ns += hour;
    const uint64_t begun = cti_clock_monotonic_ns();
    while (cti_wallclock_ns() > cti_clock_realtime_ns() + hour / 2) {
        assert_true(cti_clock_monotonic_ns() - begun < UINT64_C(60000000000));
    }
    check_once();
}

static void ask(int signal) {
    (void)signal;
    cti_wallclock_ns();
}

static bool done;

static void *interrupt(void *thread) {
    while (!cti_load_acquire(&done)) {
        pthread_kill(*(pthread_t *)thread, SIGUSR1);
        cti_sleep_ns(10000);
    }
    return NULL;
}

static void handlers_may_ask_too(void **state) {
    (void)state;
    struct sigaction action = {.sa_handler = ask};
    pthread_t self = pthread_self(), other;
    sigaction(SIGUSR1, &action, NULL);
    done = false;
    assert_int_equal(pthread_create(&other, NULL, interrupt, &self), 0);
    for (int i = 0; i < CALLS; i++) {
        check_once();
    }
    cti_store_release(&done, true);
    pthread_join(other, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(it_is_the_system_s_time, begin),
        cmocka_unit_test_setup(also_after_pauses, begin),
        cmocka_unit_test_setup(mostly_the_counter_is_asked, begin),
        cmocka_unit_test_setup(counters_that_jump_are_noticed, begin),
        cmocka_unit_test_setup(time_that_was_set_back_is_followed, begin),
        cmocka_unit_test_setup(handlers_may_ask_too, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

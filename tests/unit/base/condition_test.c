#include "support/test.h"

#include "base/clock.h"
#include "base/condition.h"

static cti_lock lock = CTI_LOCK_INIT;
static pthread_cond_t condition;
static bool is_told;

static void *tell(void *unused) {
    cti_lock_take(&lock);
    is_told = true;
    pthread_cond_signal(&condition);
    cti_lock_give(&lock);
    return unused;
}

static void wait_until_told(uint64_t due_ns) {
    pthread_t teller;
    is_told = false;
    cti_lock_take(&lock);
    pthread_create(&teller, NULL, tell, NULL); /* cannot tell before we wait: the lock is ours */
    while (!is_told) {
        cti_condition_wait_until(&condition, &lock, due_ns);
    }
    cti_lock_give(&lock);
    pthread_join(teller, NULL);
}

static void waits_until_told(void **state) {
    (void)state;
    cti_condition_init(&condition);
    wait_until_told(CTI_CONDITION_FOREVER);
    wait_until_told(cti_clock_monotonic_ns() + UINT64_C(3600000000000));
    pthread_cond_destroy(&condition);
}

static void waits_until_due(void **state) {
    (void)state;
    cti_condition_init(&condition);
    const uint64_t due = cti_clock_monotonic_ns() + 2000000;
    cti_lock_take(&lock);
    while (cti_clock_monotonic_ns() < due) {
        cti_condition_wait_until(&condition, &lock, due);
    }
    cti_condition_wait_until(&condition, &lock, 1); /* long ago: at once */
    cti_lock_give(&lock);
    pthread_cond_destroy(&condition);
}

RUN(TEST(waits_until_told), TEST(waits_until_due))

#include "support/test.h"

#include <pthread.h>
#include <stdatomic.h>

#include "core/retire.h"
#include "core/thread.h"
#include "ctrace/trace.h"

static void nobody_waits_for_himself(void **state) {
    (void)state;
    assert_true(cti_section_enter(&cti_self));
    assert_false(cti_synchronize(CTRACE_FOREVER));
    cti_section_leave(&cti_self);
    assert_true(cti_synchronize(0));
}

static atomic_int step;

static void *stay_inside(void *argument) {
    if (cti_section_enter(&cti_self)) {
        atomic_store(&step, 1);
        while (atomic_load(&step) == 1) {
        }
        cti_section_leave(&cti_self);
    }
    return argument;
}

static void note_freed(void *object) {
    *(int *)object += 1;
}

static void what_somebody_may_see_is_freed_later(void **state) {
    (void)state;
    int freed = 0, freed_soon = 0;
    pthread_t thread;
    atomic_store(&step, 0);
    assert_int_equal(pthread_create(&thread, NULL, stay_inside, NULL), 0);
    while (atomic_load(&step) == 0) {
    }
    assert_false(cti_synchronize(0));
    assert_false(cti_synchronize(1000));
    cti_retire_soon(&freed_soon, note_freed);
    cti_free_retired();
    assert_int_equal(freed_soon, 0);
    atomic_store(&step, 2);
    cti_retire(&freed, note_freed); /* waits */
    assert_int_equal(freed, 1);
    cti_free_retired();
    assert_int_equal(freed_soon, 1);
    pthread_join(thread, NULL);
    cti_retire_soon(&freed, note_freed);
    assert_int_equal(freed, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(nobody_waits_for_himself),
        TEST(what_somebody_may_see_is_freed_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/atomic.h"
#include "base/lock.h"
#include "support/sanitized.h"

enum { THREADS = 4, ROUNDS = 20000 };

static void locks_made_in_every_way_exclude(void **state) {
    (void)state;
    static cti_lock zeroed;
    static cti_lock initialised = CTI_LOCK_INIT;
    cti_lock made;
    cti_lock_init(&made);
    cti_lock *all[] = {&zeroed, &initialised, &made};
    for (size_t i = 0; i < 3; i++) {
        cti_lock_take(all[i]);
        assert_false(cti_lock_try(all[i]));
        cti_lock_give(all[i]);
        assert_true(cti_lock_try(all[i]));
        cti_lock_give(all[i]);
        cti_lock_destroy(all[i]);
    }
}

static cti_lock counter_lock = CTI_LOCK_INIT;
static volatile int counter;

static void *count_up(void *unused) {
    for (int i = 0; i < ROUNDS; i++) {
        cti_lock_take(&counter_lock);
        counter = counter + 1;
        cti_lock_give(&counter_lock);
    }
    return unused;
}

static int count_with_threads(void) {
    counter = 0;
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        pthread_create(&threads[i], NULL, count_up, NULL);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    return counter;
}

static void only_one_holds_it(void **state) {
    (void)state;
    assert_int_equal(count_with_threads(), THREADS * ROUNDS);
}

static int is_held;
static int may_give;

static void *hold(void *unused) {
    cti_lock_take(&counter_lock);
    cti_store_release(&is_held, 1);
    while (!cti_load_acquire(&may_give)) {
        usleep(100);
    }
    cti_lock_give(&counter_lock);
    return unused;
}

/* In the child the holder does not exist. Its threads must not all make the lock anew. */
static void held_by_another_thread_it_is_free_in_the_child(void **state) {
    (void)state;
    if (!may_start_threads_after_fork()) {
        skip();
    }
    const uint32_t generation = cti_fork_generation();
    pthread_t holder;
    pthread_create(&holder, NULL, hold, NULL);
    while (!cti_load_acquire(&is_held)) {
        usleep(100);
    }
    const pid_t child = fork();
    if (child == 0) {
        alarm(60); /* a lock that is not free would hang */
        const int sound =
            cti_fork_generation() == generation + 1 && count_with_threads() == THREADS * ROUNDS;
        _exit(sound ? 0 : 1);
    }
    cti_store_release(&may_give, 1);
    pthread_join(holder, NULL);
    int status = 0;
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(cti_fork_generation(), generation);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(locks_made_in_every_way_exclude),
        cmocka_unit_test(only_one_holds_it),
        cmocka_unit_test(held_by_another_thread_it_is_free_in_the_child),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

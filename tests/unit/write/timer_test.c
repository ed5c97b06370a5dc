#include <dirent.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/atomic.h"
#include "base/clock.h"
#include "support/sanitized.h"
#include "write/timer.h"

typedef struct bell {
    cti_timer timer;
    unsigned rings;
    uint64_t rang_ns;
} bell;

static void ring(void *argument) {
    bell *self = argument;
    self->rang_ns = cti_clock_monotonic_ns();
    cti_store_release(&self->rings, self->rings + 1);
}

#define BELL(name) bell name = {.timer = {.fire = ring, .argument = &name}}

static void wait_for(bell *at, unsigned rings) {
    const uint64_t deadline = cti_clock_monotonic_ns() + UINT64_C(60000000000);
    while (cti_load_acquire(&at->rings) < rings && cti_clock_monotonic_ns() < deadline) {
        cti_sleep_ns(100000);
    }
    assert_int_equal(cti_load_acquire(&at->rings), rings);
}

/* 0 where the system does not tell. */
static unsigned count_threads(void) {
    DIR *tasks = opendir("/proc/self/task");
    unsigned count = 0;
    while (tasks != NULL && readdir(tasks) != NULL) {
        count++;
    }
    if (tasks != NULL) {
        closedir(tasks);
    }
    return count;
}

static void fires_once_when_due_and_not_before(void **state) {
    (void)state;
    BELL(late);
    BELL(soon);
    assert_true(cti_timer_add(&late.timer));
    assert_true(cti_timer_add(&soon.timer));
    const uint64_t now = cti_clock_monotonic_ns();
    assert_true(cti_timer_arm(&late.timer, now + 30000000));
    assert_true(cti_timer_arm(&soon.timer, now + 10000000));
    wait_for(&late, 1);
    wait_for(&soon, 1);
    assert_true(soon.rang_ns >= now + 10000000);
    assert_true(late.rang_ns >= now + 30000000);
    assert_true(soon.rang_ns <= late.rang_ns);
    assert_true(cti_timer_arm(&soon.timer, now));
    wait_for(&soon, 2);
    cti_timer_remove(&late.timer);
    cti_timer_remove(&soon.timer);
    assert_int_equal(late.rings, 1);
}

static void thread_is_there_while_there_are_timers(void **state) {
    (void)state;
    const unsigned before = count_threads();
    for (int i = 0; i < 3; i++) {
        BELL(one);
        BELL(other);
        assert_true(cti_timer_add(&one.timer));
        assert_true(cti_timer_add(&other.timer));
        if (before != 0) {
            assert_int_equal(count_threads(), before + 1);
        }
        cti_timer_remove(&one.timer);
        assert_true(cti_timer_arm(&other.timer, 1));
        wait_for(&other, 1);
        cti_timer_remove(&other.timer);
        assert_int_equal(count_threads(), before);
    }
}

static int is_inside;
static int may_leave;

static void stay_inside(void *unused) {
    (void)unused;
    cti_store_release(&is_inside, 1);
    while (!cti_load_acquire(&may_leave)) {
        cti_sleep_ns(100000);
    }
    cti_store_release(&is_inside, 0);
}

static void *let_it_leave(void *unused) {
    cti_sleep_ns(2000000);
    cti_store_release(&may_leave, 1);
    return unused;
}

static void removal_waits_for_the_one_that_fires(void **state) {
    (void)state;
    cti_timer timer = {.fire = stay_inside};
    assert_true(cti_timer_add(&timer));
    assert_true(cti_timer_arm(&timer, 1));
    while (!cti_load_acquire(&is_inside)) {
        cti_sleep_ns(100000);
    }
    pthread_t helper;
    pthread_create(&helper, NULL, let_it_leave, NULL);
    cti_timer_remove(&timer);
    assert_int_equal(cti_load_acquire(&is_inside), 0);
    pthread_join(helper, NULL);
}

static void child_starts_a_thread_of_its_own(void **state) {
    (void)state;
    if (!may_start_threads_after_fork()) {
        skip();
    }
    BELL(one);
    assert_true(cti_timer_add(&one.timer));
    const pid_t child = fork();
    if (child == 0) {
        alarm(60);
        cti_timer_arm(&one.timer, 1);
        while (cti_load_acquire(&one.rings) == 0) {
            cti_sleep_ns(100000);
        }
        cti_timer_remove(&one.timer);
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    cti_timer_remove(&one.timer);
    assert_int_equal(one.rings, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fires_once_when_due_and_not_before),
        cmocka_unit_test(thread_is_there_while_there_are_timers),
        cmocka_unit_test(removal_waits_for_the_one_that_fires),
        cmocka_unit_test(child_starts_a_thread_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

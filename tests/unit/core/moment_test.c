#include "support/test.h"

#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "core/event.h"
#include "ctrace/context.h"
#include "ctrace/testing.h"

static void clocks_are_read_once(void **state) {
    (void)state;
    const ctrace_moment moment = cti_moment_now(&cti_self);
    const uint64_t time = ctrace_moment_time_ns(&moment);
    const uint64_t monotonic = ctrace_moment_monotonic_ns(&moment);
    assert_true(time / 1000000000u > 1600000000u);
    const ctrace_moment later = cti_moment_now(&cti_self);
    assert_true(ctrace_moment_monotonic_ns(&later) >= monotonic);
    assert_int_equal(ctrace_moment_time_ns(&moment), time);
    assert_int_equal(ctrace_moment_monotonic_ns(&moment), monotonic);
}

static void the_thread_it_happened_on(void **state) {
    (void)state;
    const ctrace_moment moment = cti_moment_now(&cti_self);
    const ctrace_thread *thread = ctrace_moment_thread(&moment);
    assert_int_equal(thread->id, gettid());
    assert_int_equal(thread->process_id, getpid());
    assert_string_equal(thread->name, "tester");
    const ctrace_thread there = {7, 8, "elsewhere"}; /* of a recording */
    const ctrace_moment then = {.about = &there, .task_id = 9};
    assert_ptr_equal(ctrace_moment_thread(&then), &there);
    assert_int_equal(ctrace_moment_task_id(&then), 9);
}

static void the_task_it_happened_in(void **state) {
    (void)state;
    ctrace_subscriber *seen = ctrace_capture_new(NULL);
    TRACE_WITH_SUBSCRIBER(seen) {
        ctrace_task *task = ctrace_task_new();
        TRACE_INFO("outside");
        ctrace_task_resume(task);
        TRACE_INFO("inside");
        ctrace_task_suspend(task);
        assert_int_equal(ctrace_capture_find(seen, CTRACE_CAPTURED_EVENT, "outside", NULL)->task_id,
                         0);
        assert_int_equal(ctrace_capture_find(seen, CTRACE_CAPTURED_EVENT, "inside", NULL)->task_id,
                         ctrace_task_id(task));
        ctrace_task_free(task);
    }
    ctrace_subscriber_unref(seen);
}

int main(void) {
    prctl(PR_SET_NAME, "tester");
    const struct CMUnitTest tests[] = {
        TEST(clocks_are_read_once),
        TEST(the_thread_it_happened_on),
        TEST(the_task_it_happened_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

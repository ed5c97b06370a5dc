#include "support/test.h"

#include <pthread.h>
#include <unistd.h>

#include "core/thread.h"
#include "ctrace/trace.h"
#include "support/allocator.h"
#include "support/probe.h"

static void sections_do_not_nest(void **state) {
    (void)state;
    assert_int_equal(ctrace_thread_prepare(), CTRACE_OK);
    assert_true(cti_section_enter(&cti_self));
    assert_true(cti_section_inside(&cti_self));
    assert_false(cti_section_enter(&cti_self));
    cti_section_leave(&cti_self);
    assert_false(cti_section_inside(&cti_self));
}

static void *prepare(void *argument) {
    const uint64_t before = stats_now().threads;
    const bool ok = ctrace_thread_prepare() == CTRACE_OK && stats_now().threads == before + 1 &&
                    ctrace_thread_prepare() == CTRACE_OK && stats_now().threads == before + 1;
    const size_t calls = allocator_calls();
    TRACE_SPAN("first", ("n", 1));
    return ok && allocator_calls() <= calls + 1 /* the lease */ ? argument : NULL;
}

static void prepared_threads_have_what_they_need(void **state) {
    (void)state;
    static probe listener;
    pthread_t thread;
    void *result;
    int ok;
    assert_int_equal(ctrace_set_global(probe_init(&listener)), CTRACE_OK);
    const uint64_t before = stats_now().threads;
    assert_int_equal(pthread_create(&thread, NULL, prepare, &ok), 0);
    pthread_join(thread, &result);
    assert_non_null(result);
    assert_int_equal(stats_now().threads, before);
    assert_int_equal(probe_calls(&listener, PROBE_CLOSE), 1);
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
}

static void *prepare_without_memory(void *argument) {
    allocator_fail_from(1);
    const ctrace_status status = ctrace_thread_prepare();
    allocator_fail_at(0);
    return status == CTRACE_ENOMEM && ctrace_thread_prepare() == CTRACE_OK ? argument : NULL;
}

static void without_memory_it_can_be_tried_again(void **state) {
    (void)state;
    pthread_t thread;
    void *result;
    int ok;
    assert_int_equal(pthread_create(&thread, NULL, prepare_without_memory, &ok), 0);
    pthread_join(thread, &result);
    assert_non_null(result);
}

static void what_a_thread_is_called(void **state) {
    (void)state;
    const ctrace_thread *about = cti_thread_about(&cti_self);
    assert_int_equal(about->id, gettid());
    assert_int_equal(about->process_id, getpid());
    assert_ptr_equal(cti_thread_about(&cti_self), about);
}

int main(void) {
    allocator_use();
    const struct CMUnitTest tests[] = {
        TEST(sections_do_not_nest),
        TEST(prepared_threads_have_what_they_need),
        TEST(without_memory_it_can_be_tried_again),
        TEST(what_a_thread_is_called),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

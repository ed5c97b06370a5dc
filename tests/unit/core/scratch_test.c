#include "support/test.h"

#include "core/scratch.h"
#include "ctrace/trace.h"
#include "support/allocator.h"

static void one_is_kept_for_the_thread(void **state) {
    (void)state;
    ctrace_buf *first = cti_scratch_take();
    ctrace_buf *second = cti_scratch_take();
    assert_non_null(first);
    assert_ptr_not_equal(first, second);
    ctrace_buf_put(first, "text", 4);
    cti_scratch_give(first);
    cti_scratch_give(second);
    const size_t calls = allocator_calls();
    ctrace_buf *again = cti_scratch_take();
    assert_ptr_equal(again, first);
    assert_string_equal(ctrace_buf_bytes(again, NULL), "");
    ctrace_buf_put(again, "text", 4);
    cti_scratch_give(again);
    cti_scratch_give(NULL);
    assert_int_equal(allocator_calls(), calls);
}

static void a_large_one_is_not_kept(void **state) {
    (void)state;
    static const char large[100000];
    ctrace_buf *buf = cti_scratch_take();
    const size_t alive = allocator_alive();
    ctrace_buf_put(buf, large, sizeof large);
    cti_scratch_give(buf);
    assert_true(allocator_alive() < alive);
    allocator_fail_at(1);
    assert_null(cti_scratch_take());
    allocator_fail_at(0);
}

int main(void) {
    allocator_use();
    ctrace_thread_prepare();
    const struct CMUnitTest tests[] = {TEST(one_is_kept_for_the_thread),
                                       TEST(a_large_one_is_not_kept)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

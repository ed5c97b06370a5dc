#include <setjmp.h>
#include <stdarg.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"

/* An allocator that counts what it has out, and fails when told to. */
typedef struct counting {
    int live, calls;
    bool failing;
} counting;

static void *counting_resize(void *state, void *block, size_t size) {
    counting *self = state;
    self->calls++;
    if (self->failing) {
        return NULL;
    }
    self->live += block == NULL;
    return realloc(block, size);
}

static void *counting_alloc(void *state, size_t size) {
    return counting_resize(state, NULL, size);
}

static void counting_free(void *state, void *block) {
    counting *self = state;
    self->live--;
    free(block);
}

static void use(counting *state) {
    const ctrace_allocator allocator = {counting_alloc, counting_resize, counting_free, state};
    assert_true(cti_memory_use(&allocator));
}

static int malloc_again(void **state) {
    (void)state;
    return cti_memory_use(NULL) ? 0 : -1;
}

static void blocks_are_aligned_for_any_type(void **state) {
    (void)state;
    for (size_t size = 0; size < 100; size++) {
        void *block = cti_alloc(size);
        assert_non_null(block);
        assert_int_equal((uintptr_t)block % alignof(max_align_t), 0);
        memset(block, 0xff, size);
        cti_free(block);
    }
}

static void zeroed_blocks_are_zero(void **state) {
    (void)state;
    static const char zero[1000];
    void *dirty = cti_alloc(sizeof(zero));
    memset(dirty, 0xff, sizeof(zero));
    cti_free(dirty);
    void *block = cti_alloc_zeroed(sizeof(zero));
    assert_memory_equal(block, zero, sizeof(zero));
    cti_free(block);
}

static void pages_are_blocks_like_others(void **state) {
    (void)state;
    for (size_t size = 0; size < 20000; size += 777) {
        char *block = cti_alloc_pages(size);
        assert_non_null(block);
        assert_int_equal((uintptr_t)block % alignof(max_align_t), 0);
        memset(block, 0x5a, size);
        block = cti_resize(block, size + 5000);
        assert_non_null(block);
        for (size_t i = 0; i < size; i++) {
            assert_int_equal(block[i], 0x5a);
        }
        block = cti_resize(block, 1);
        assert_non_null(block);
        cti_free(block);
    }
    assert_null(cti_alloc_pages(SIZE_MAX));
    assert_null(cti_alloc_pages(SIZE_MAX - 20));
    assert_null(cti_alloc_pages(SIZE_MAX / 2)); /* that much no system has */
}

static void pages_are_the_hosts_where_it_has_an_allocator(void **state) {
    (void)state;
    counting host = {0};
    void *before = cti_alloc_pages(10);
    use(&host);
    void *pages = cti_alloc_pages(10);
    assert_int_equal(host.live, 1);
    cti_free(before);
    cti_free(pages);
    assert_int_equal(host.live, 0);
}

static void resizing_keeps_the_bytes(void **state) {
    (void)state;
    char *block = cti_resize(NULL, 4);
    memcpy(block, "abc", 4);
    block = cti_resize(block, 100000);
    assert_string_equal(block, "abc");
    block = cti_resize(block, 2);
    assert_memory_equal(block, "ab", 2);
    cti_free(block);
}

static void sizes_that_overflow_are_refused(void **state) {
    (void)state;
    char *block = cti_copy_text("kept", 4);
    assert_null(cti_alloc(SIZE_MAX));
    assert_null(cti_alloc_zeroed(SIZE_MAX - 1));
    assert_null(cti_resize(block, SIZE_MAX));
    assert_null(cti_copy_text("", SIZE_MAX));
    assert_string_equal(block, "kept");
    cti_free(block);
}

static void copies_end_with_a_nul(void **state) {
    (void)state;
    char *copy = cti_copy_text("abcdef", 3);
    assert_string_equal(copy, "abc");
    cti_free(copy);
    copy = cti_copy_text(NULL, 0);
    assert_string_equal(copy, "");
    cti_free(copy);
    cti_free(NULL);
}

static void blocks_go_back_where_they_came_from(void **state) {
    (void)state;
    counting first = {0}, second = {0};
    void *from_malloc = cti_alloc(10);
    use(&first);
    void *from_first = cti_alloc(10);
    use(&second);
    void *from_second = cti_alloc(10);
    assert_int_equal(first.live, 1);
    assert_int_equal(second.live, 1);
    from_first = cti_resize(from_first, 1000);
    assert_int_equal(first.calls, 2);
    assert_int_equal(second.calls, 1);
    cti_free(from_malloc);
    cti_free(from_first);
    assert_int_equal(first.live, 0);
    assert_int_equal(second.live, 1);
    assert_true(cti_memory_use(NULL));
    cti_free(from_second);
    assert_int_equal(second.live, 0);
}

static void a_failing_allocator_fails_and_recovers(void **state) {
    (void)state;
    counting failing = {.failing = true};
    use(&failing);
    assert_null(cti_alloc(1));
    assert_null(cti_alloc_zeroed(1));
    assert_null(cti_resize(NULL, 1));
    assert_null(cti_copy_text("x", 1));
    failing.failing = false;
    char *block = cti_copy_text("x", 1);
    failing.failing = true;
    assert_null(cti_resize(block, 100));
    assert_string_equal(block, "x");
    cti_free(block);
    assert_int_equal(failing.live, 0);
    assert_int_equal(failing.calls, 6);
}

static void switching_to_and_fro(void **state) {
    counting counter = {0};
    for (int i = 0; i < 1000; i++) {
        use(&counter);
        (void)malloc_again(state);
    }
    use(&counter);
    cti_free(cti_alloc(1));
    assert_int_equal(counter.calls, 1);
    assert_int_equal(counter.live, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_aligned_for_any_type),
        cmocka_unit_test(zeroed_blocks_are_zero),
        cmocka_unit_test(pages_are_blocks_like_others),
        cmocka_unit_test_teardown(pages_are_the_hosts_where_it_has_an_allocator, malloc_again),
        cmocka_unit_test(resizing_keeps_the_bytes),
        cmocka_unit_test(sizes_that_overflow_are_refused),
        cmocka_unit_test(copies_end_with_a_nul),
        cmocka_unit_test_teardown(blocks_go_back_where_they_came_from, malloc_again),
        cmocka_unit_test_teardown(a_failing_allocator_fails_and_recovers, malloc_again),
        cmocka_unit_test_teardown(switching_to_and_fro, malloc_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

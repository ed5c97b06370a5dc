#include "support/test.h"

#include <string.h>

#include "core/block.h"
#include "ctrace/trace.h"
#include "support/allocator.h"

static void the_last_one_given_back_comes_first(void **state) {
    (void)state;
    uint8_t block_class;
    void *one = cti_block_take(&cti_self, 200, &block_class);
    void *two = cti_block_take(&cti_self, CTI_BLOCK_SMALLEST, &block_class);
    assert_int_equal(block_class, 0);
    const size_t calls = allocator_calls();
    cti_block_give(&cti_self, one, 0);
    cti_block_give(&cti_self, two, 0);
    assert_ptr_equal(cti_block_take_small(&cti_self), two);
    assert_ptr_equal(cti_block_take(&cti_self, 1, &block_class), one);
    assert_int_equal(allocator_calls(), calls);
    cti_block_give(&cti_self, one, 0);
    cti_block_give(&cti_self, two, 0);
}

static void every_size_has_room(void **state) {
    (void)state;
    /* volatile: gcc 12 -O1 -fsanitize=null takes the address of a thread-local in a loop for NULL
     */
    cti_thread *volatile self = &cti_self;
    uint8_t before = 0;
    for (size_t size = 1; size < 100000; size = size * 3 / 2 + 1) {
        uint8_t block_class;
        char *block = cti_block_take(&cti_self, size, &block_class);
        memset(block, 1, size);
        assert_true(block_class >= before);
        before = block_class;
        cti_block_give(self, block, block_class);
    }
    assert_int_equal(before, CTI_BLOCK_UNPOOLED);
}

/* As a thread that is just known. */
static void start_afresh(void) {
    cti_blocks_release(&cti_self);
    cti_self.block_room = CTI_BLOCK_BYTES_KEPT;
}

static void only_so_much_is_kept(void **state) {
    (void)state;
    enum { COUNT = 100, SIZE = 16 * 1024 };
    void *blocks[COUNT];
    uint8_t block_class;
    start_afresh();
    const size_t alive = allocator_alive();
    for (int i = 0; i < COUNT; i++) {
        blocks[i] = cti_block_take(&cti_self, SIZE, &block_class);
    }
    for (int i = 0; i < COUNT; i++) {
        cti_block_give(&cti_self, blocks[i], block_class);
    }
    const size_t kept = allocator_alive() - alive;
    assert_true(kept > 0 && kept * SIZE <= CTI_BLOCK_BYTES_KEPT);
    cti_blocks_release(&cti_self);
    assert_int_equal(allocator_alive(), alive);
}

static void no_memory_is_said(void **state) {
    (void)state;
    uint8_t block_class;
    start_afresh();
    allocator_fail_at(1);
    assert_null(cti_block_take(&cti_self, 1, &block_class));
    allocator_fail_at(1);
    assert_false(cti_blocks_prepare(&cti_self));
    assert_true(cti_blocks_prepare(&cti_self));
    assert_non_null(cti_self.blocks[0]);
}

int main(void) {
    allocator_use();
    ctrace_thread_prepare();
    const struct CMUnitTest tests[] = {
        TEST(the_last_one_given_back_comes_first),
        TEST(every_size_has_room),
        TEST(only_so_much_is_kept),
        TEST(no_memory_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

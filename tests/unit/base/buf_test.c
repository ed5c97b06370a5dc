#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/memory.h"

/* malloc for so many calls, then failure. */
static size_t calls_left;

static void *limited_resize(void *state, void *block, size_t size) {
    (void)state;
    if (calls_left == 0) {
        return NULL;
    }
    calls_left--;
    return realloc(block, size);
}

static void *limited_alloc(void *state, size_t size) {
    return limited_resize(state, NULL, size);
}

static void limited_free(void *state, void *block) {
    (void)state;
    free(block);
}

static void limit_allocations(size_t calls) {
    const ctrace_allocator limited = {limited_alloc, limited_resize, limited_free, NULL};
    calls_left = calls;
    assert_true(cti_memory_use(&limited));
}

static int malloc_again(void **state) {
    (void)state;
    return cti_memory_use(NULL) ? 0 : -1;
}

static void assert_holds(const ctrace_buf *buf, const char *text) {
    size_t size = SIZE_MAX;
    assert_string_equal(ctrace_buf_bytes(buf, &size), text);
    assert_int_equal(size, strlen(text));
}

static void an_empty_buffer_is_an_empty_text(void **state) {
    (void)state;
    ctrace_buf *buf = ctrace_buf_new();
    assert_holds(buf, "");
    ctrace_buf_put(buf, NULL, 0);
    ctrace_buf_put(buf, "", 0);
    assert_holds(buf, "");
    ctrace_buf_free(buf);
}

static void appends_follow_each_other(void **state) {
    (void)state;
    ctrace_buf buf = CTI_BUF_INIT;
    cti_buf_put(&buf, "abc", 3);
    cti_buf_char(&buf, '-');
    cti_buf_literal(&buf, "def");
    ctrace_buf_put(&buf, "xyz", 1);
    ctrace_buf_printf(&buf, " %d %s", 42, "z");
    assert_holds(&buf, "abc-defx 42 z");
    assert_string_equal(ctrace_buf_bytes(&buf, NULL), "abc-defx 42 z");
    cti_buf_release(&buf);
    assert_holds(&buf, "");
}

static void clearing_keeps_the_memory(void **state) {
    (void)state;
    ctrace_buf buf = CTI_BUF_INIT;
    cti_buf_literal(&buf, "first");
    const char *before = ctrace_buf_bytes(&buf, NULL);
    ctrace_buf_clear(&buf);
    assert_holds(&buf, "");
    cti_buf_literal(&buf, "second");
    assert_ptr_equal(ctrace_buf_bytes(&buf, NULL), before);
    assert_holds(&buf, "second");
    cti_buf_release(&buf);
}

/* Sizes around each doubling: the final NUL always has its place. */
static void growth_keeps_bytes_and_room_for_the_nul(void **state) {
    (void)state;
    for (size_t step = 1; step < 600; step += step < 250 || step > 260 ? 37 : 1) {
        ctrace_buf buf = CTI_BUF_INIT;
        for (size_t i = 0; i < 5000; i += step) {
            char *room = cti_buf_room(&buf, step);
            assert_non_null(room);
            memset(room, 'a' + (int)(i % 26), step);
            cti_buf_wrote(&buf, step);
            assert_true(buf.size < buf.capacity);
        }
        const char *bytes = ctrace_buf_bytes(&buf, NULL);
        for (size_t i = 0; i < buf.size; i++) {
            assert_int_equal(bytes[i], 'a' + (int)(i / step * step % 26));
        }
        cti_buf_release(&buf);
    }
}

static void growth_doubles(void **state) {
    (void)state;
    limit_allocations(20);
    ctrace_buf buf = CTI_BUF_INIT;
    for (int i = 0; i < 1 << 20; i++) {
        cti_buf_char(&buf, 'x');
    }
    assert_false(buf.failed);
    assert_true(calls_left >= 4);
    cti_buf_release(&buf);
}

static void printf_grows_as_needed(void **state) {
    (void)state;
    for (int size = 250; size < 260; size++) {
        ctrace_buf *buf = ctrace_buf_new();
        ctrace_buf_printf(buf, "%*d", size, 7);
        ctrace_buf_printf(buf, "%s", "!");
        size_t bytes;
        const char *text = ctrace_buf_bytes(buf, &bytes);
        assert_int_equal(bytes, size + 1);
        assert_string_equal(text + size - 1, "7!");
        ctrace_buf_free(buf);
    }
}

static void a_failed_append_sticks_until_cleared(void **state) {
    (void)state;
    limit_allocations(1);
    ctrace_buf buf = CTI_BUF_INIT;
    cti_buf_literal(&buf, "kept");
    assert_null(cti_buf_room(&buf, 10000));
    assert_null(cti_buf_room(&buf, 1));
    cti_buf_char(&buf, 'x');
    cti_buf_put(&buf, NULL, 0);
    cti_buf_literal(&buf, "y");
    ctrace_buf_printf(&buf, "z");
    size_t size = 1;
    assert_null(ctrace_buf_bytes(&buf, &size));
    assert_int_equal(size, 0);
    ctrace_buf_clear(&buf);
    cti_buf_literal(&buf, "again");
    assert_holds(&buf, "again");
    cti_buf_release(&buf);
}

/* Encoders go back to a mark to drop a separator; that must not make a broken text whole. */
static void going_back_to_a_mark_heals_no_failure(void **state) {
    (void)state;
    limit_allocations(1);
    ctrace_buf buf = CTI_BUF_INIT;
    cti_buf_literal(&buf, "abc");
    size_t mark = buf.size;
    assert_null(cti_buf_room(&buf, 10000));
    buf.size = mark;
    cti_buf_literal(&buf, "d");
    assert_null(ctrace_buf_bytes(&buf, NULL));
    cti_buf_release(&buf);
}

static void failure_of_the_first_allocation(void **state) {
    (void)state;
    limit_allocations(0);
    assert_null(ctrace_buf_new());
    ctrace_buf buf = CTI_BUF_INIT;
    cti_buf_char(&buf, 'x');
    assert_null(ctrace_buf_bytes(&buf, NULL));
    cti_buf_release(&buf);
    ctrace_buf_printf(&buf, "%d", 1);
    assert_null(ctrace_buf_bytes(&buf, NULL));
    cti_buf_release(&buf);
}

static void sizes_that_overflow_fail(void **state) {
    (void)state;
    ctrace_buf buf = CTI_BUF_INIT;
    cti_buf_literal(&buf, "abc");
    assert_null(cti_buf_room(&buf, SIZE_MAX));
    ctrace_buf_clear(&buf);
    cti_buf_literal(&buf, "abc");
    assert_null(cti_buf_room(&buf, SIZE_MAX - 3));
    assert_null(ctrace_buf_bytes(&buf, NULL));
    cti_buf_release(&buf);
}

static void null_is_tolerated(void **state) {
    (void)state;
    size_t size = 1;
    ctrace_buf_put(NULL, "x", 1);
    ctrace_buf_printf(NULL, "x");
    ctrace_buf_clear(NULL);
    assert_null(ctrace_buf_bytes(NULL, &size));
    assert_int_equal(size, 0);
    ctrace_buf_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_buffer_is_an_empty_text),
        cmocka_unit_test(appends_follow_each_other),
        cmocka_unit_test(clearing_keeps_the_memory),
        cmocka_unit_test(growth_keeps_bytes_and_room_for_the_nul),
        cmocka_unit_test_teardown(growth_doubles, malloc_again),
        cmocka_unit_test(printf_grows_as_needed),
        cmocka_unit_test_teardown(a_failed_append_sticks_until_cleared, malloc_again),
        cmocka_unit_test_teardown(going_back_to_a_mark_heals_no_failure, malloc_again),
        cmocka_unit_test_teardown(failure_of_the_first_allocation, malloc_again),
        cmocka_unit_test(sizes_that_overflow_fail),
        cmocka_unit_test(null_is_tolerated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "support/test.h"

#include <string.h>

#include "base/buf.h"
#include "core/value.h"
#include "support/allocator.h"
#include "ctrace/trace.h"

static void write_text(ctrace_buf *out, const void *object) {
    ctrace_buf_put(out, object, strlen(object));
}

static void settling_measures_and_writes(void **state) {
    (void)state;
    char text[] = "four";
    const ctrace_lazy lazy = {write_text, "lazily"}, empty = {NULL, NULL};
    ctrace_value values[] = {
        ctrace_i_box_i64(1),        ctrace_i_box_string(text), ctrace_i_box_lazy(&lazy),
        ctrace_i_box_strn(text, 2), ctrace_i_box_lazy(&empty), ctrace_i_box_bytes(text, 3),
        ctrace_i_box_strn(NULL, 5),
    };
    values[1].size = CTRACE_I_UNMEASURED;
    ctrace_buf texts = CTI_BUF_INIT;
    size_t bytes = 0;
    assert_true(cti_values_settle(values, 7, &texts, &bytes));
    assert_int_equal(values[1].size, 4);
    assert_int_equal(values[2].kind, CTRACE_VALUE_STRING);
    assert_memory_equal(values[2].as.string, "lazily", 6);
    assert_int_equal(values[2].size, 6);
    assert_int_equal(values[4].size, 0);
    assert_non_null(values[4].as.string);
    assert_int_equal(values[6].size, 0);
    assert_int_equal(bytes, 5 + 7 + 3 + 1 + 4);
    char copies[64];
    ctrace_value copied[7];
    cti_values_copy(copied, values, 7, copies);
    cti_buf_release(&texts);
    memset(text, 'x', 4);
    assert_string_equal(copied[1].as.string, "four");
    assert_string_equal(copied[2].as.string, "lazily");
    assert_string_equal(copied[3].as.string, "fo");
    assert_memory_equal(copied[5].as.pointer, "fou", 4);
    assert_null(copied[6].as.string);
    assert_int_equal(copied[0].as.i64, 1);
}

static void without_memory_nothing_points_nowhere(void **state) {
    (void)state;
    const ctrace_lazy lazy = {write_text, "lazily"};
    ctrace_value value = ctrace_i_box_lazy(&lazy);
    ctrace_buf texts = CTI_BUF_INIT;
    size_t bytes = 0;
    allocator_fail_from(1);
    assert_false(cti_values_settle(&value, 1, &texts, &bytes));
    allocator_fail_at(0);
    cti_buf_release(&texts);
}

int main(void) {
    allocator_use();
    const struct CMUnitTest tests[] = {TEST(settling_measures_and_writes),
                                       TEST(without_memory_nothing_points_nowhere)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

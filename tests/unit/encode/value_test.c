#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ctrace/subscriber.h"
#include "ctrace/trace.h"

static void assert_shown(ctrace_value value, const char *expected) {
    char text[256];
    assert_int_equal(ctrace_value_text(&value, text, sizeof text), strlen(expected));
    assert_string_equal(text, expected);
}

static void numbers(void **state) {
    (void)state;
    assert_shown(CTRACE_BOOL(true), "true");
    assert_shown(CTRACE_BOOL(false), "false");
    assert_shown(CTRACE_I64(INT64_MIN), "-9223372036854775808");
    assert_shown(CTRACE_U64(UINT64_MAX), "18446744073709551615");
    assert_shown(CTRACE_F64(1), "1.0");
    assert_shown(CTRACE_F64(-0.1), "-0.1");
    assert_shown(CTRACE_F64(-1.7976931348623157e308), "-1.7976931348623157e308");
    assert_shown(CTRACE_F64((double)NAN), "NaN");
    assert_shown(CTRACE_F64(-(double)INFINITY), "-inf");
    assert_shown(CTRACE_HEX(255), "0xff");
    assert_shown(CTRACE_HEX(UINT64_MAX), "0xffffffffffffffff");
}

static void durations(void **state) {
    (void)state;
    assert_shown(CTRACE_NS(0), "0ns");
    assert_shown(CTRACE_NS(208), "208ns");
    assert_shown(CTRACE_NS(1500000), "1.5ms");
    assert_shown(CTRACE_NS(12300000000), "12.3s");
}

static void texts(void **state) {
    (void)state;
    assert_shown(CTRACE_STR("plain"), "\"plain\"");
    assert_shown(CTRACE_STR(""), "\"\"");
    assert_shown(CTRACE_STR("a\"b\\\n\x1b"), "\"a\\\"b\\\\\\n\\u001b\"");
    assert_shown(CTRACE_STRN("a\0b", 3), "\"a\\u0000b\"");
    assert_shown(CTRACE_STR((const char *)NULL), "null");
    assert_shown(CTRACE_STRN((const char *)NULL, 5), "null");
    assert_shown(CTRACE_BYTES("\x00\xff", 2), "00ff");
    assert_shown(CTRACE_BYTES(NULL, 7), "null");
    assert_shown(CTRACE_EMPTY, "");
}

static void pointers(void **state) {
    (void)state;
    assert_shown(CTRACE_PTR(NULL), "null");
    assert_shown(CTRACE_PTR((uintptr_t)0x7f12), "0x7f12");
}

static void error_numbers(void **state) {
    (void)state;
    assert_shown(CTRACE_ERRNO(ENOENT), "2 (No such file or directory)");
    ctrace_value beyond = CTRACE_I64(INT64_MAX);
    beyond.kind = CTRACE_VALUE_ERRNO;
    assert_shown(beyond, "9223372036854775807 (unknown error)");
}

static void write_twice(ctrace_buf *out, const void *object) {
    ctrace_buf_printf(out, "%s \"%s\"", (const char *)object, (const char *)object);
}

static void lazy_texts(void **state) {
    (void)state;
    const ctrace_lazy lazy = {write_twice, "x\n"}, none = {NULL, NULL};
    assert_shown(ctrace_i_box_lazy(&lazy), "\"x\\n \\\"x\\n\\\"\"");
    assert_shown(ctrace_i_box_lazy(&none), "\"\"");
}

static void cut_as_snprintf_does(void **state) {
    (void)state;
    const ctrace_value value = CTRACE_I64(12345);
    char text[8] = "xxxxxxx";
    assert_int_equal(ctrace_value_text(&value, text, 4), 5);
    assert_string_equal(text, "123");
    assert_int_equal(text[4], 'x');
    assert_int_equal(ctrace_value_text(&value, text, 1), 5);
    assert_string_equal(text, "");
    assert_int_equal(ctrace_value_text(&value, NULL, 0), 5);
    assert_int_equal(ctrace_value_text(NULL, text, sizeof text), 0);
    assert_string_equal(text, "");
}

/* One character of two bytes lies across the limit of 1 MiB. */
static void long_texts_are_cut_at_a_character(void **state) {
    (void)state;
    enum { LIMIT = 1 << 20, SIZE = LIMIT + 11 };
    char *text = malloc(SIZE), *shown = malloc(3 * SIZE);
    assert_non_null(text);
    assert_non_null(shown);
    memset(text, 'a', SIZE);
    ctrace_value value = CTRACE_STRN(text, LIMIT);
    assert_int_equal(ctrace_value_text(&value, shown, 2 * SIZE), LIMIT + 2);
    memcpy(text + LIMIT - 1, "\xc3\xa4", 2);
    value = CTRACE_STRN(text, SIZE);
    ctrace_value_text(&value, shown, 2 * SIZE);
    assert_string_equal(shown + LIMIT - 1, "a\xe2\x80\xa6(+12 bytes)\"");
    value = CTRACE_BYTES(text, SIZE);
    ctrace_value_text(&value, shown, (size_t)3 * SIZE);
    assert_string_equal(shown + (size_t)2 * LIMIT - 4, "61c3\xe2\x80\xa6(+11 bytes)");
    free(text);
    free(shown);
}

static void put_appends(void **state) {
    (void)state;
    ctrace_buf *buf = ctrace_buf_new();
    const ctrace_value value = CTRACE_STR("b");
    ctrace_buf_put(buf, "a=", 2);
    ctrace_value_put(buf, &value);
    ctrace_value_put(buf, NULL);
    ctrace_value_put(NULL, &value);
    assert_string_equal(ctrace_buf_bytes(buf, NULL), "a=\"b\"");
    ctrace_buf_free(buf);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(durations),
        cmocka_unit_test(texts),
        cmocka_unit_test(pointers),
        cmocka_unit_test(error_numbers),
        cmocka_unit_test(lazy_texts),
        cmocka_unit_test(cut_as_snprintf_does),
        cmocka_unit_test(long_texts_are_cut_at_a_character),
        cmocka_unit_test(put_appends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Values of every kind against values in directives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>

#include <cmocka.h>

#include "ctrace/trace.h"
#include "filter/compare.h"
#include "filter/filter.h"

/* Whether the value passes a test such as "<3". */
static bool passes(ctrace_value value, const char *test) {
    char text[128] = "[{a";
    strcat(text, test);
    strcat(text, "}]");
    ctrace_filter *filter = NULL;
    assert_int_equal(ctrace_filter_parse(text, &filter, NULL), CTRACE_OK);
    const bool result = cti_field_test_matches(&filter->directives.at[0].fields[0], &value);
    ctrace_filter_unref(filter);
    return result;
}

static ctrace_value text_value(const char *text) {
    return ctrace_i_box_strn(text, text == NULL ? 0 : strlen(text));
}

static void numbers_compare_by_worth(void **state) {
    (void)state;
    assert_true(passes(TRACE_I64(42), "=42"));
    assert_true(passes(TRACE_U64(42), "=42.0"));
    assert_true(passes(TRACE_F64(42), "=42"));
    assert_true(passes(TRACE_F64(42.5), ">42"));
    assert_true(passes(TRACE_F64(-42.5), "<-42"));
    assert_true(passes(TRACE_F64(-0.5), "<0"));
    assert_true(passes(TRACE_F64(-0.0), "=0"));
    assert_true(passes(TRACE_I64(-1), "<18446744073709551615"));
    assert_true(passes(TRACE_U64(UINT64_MAX), ">=18446744073709551615"));
    assert_true(passes(TRACE_U64(UINT64_MAX), "<18446744073709551616"));
    assert_true(passes(TRACE_I64(INT64_MIN), "<=-9223372036854775808"));
    assert_true(passes(TRACE_I64(INT64_MIN), ">-1e19"));
    assert_true(passes(TRACE_I64(9007199254740993), ">9007199254740992.0"));
    assert_true(passes(TRACE_F64(INFINITY), ">18446744073709551615"));
    assert_true(passes(TRACE_F64((double)NAN), "!=1"));
    assert_false(passes(TRACE_F64((double)NAN), "<1"));
    assert_false(passes(TRACE_F64((double)NAN), ">=1.5"));
}

static void kinds_with_a_meaning_are_their_numbers(void **state) {
    (void)state;
    assert_true(passes(TRACE_NS(1500), ">1000"));
    assert_true(passes(TRACE_HEX(255), "=0xff"));
    assert_true(passes(TRACE_ERRNO(2), "=2"));
    assert_true(passes(TRACE_PTR(NULL), "=0"));
    assert_true(passes(TRACE_NS(1500), "~1\\.5us|1\\.5µs"));
    assert_true(passes(TRACE_HEX(255), "~0xff"));
    assert_true(passes(TRACE_ERRNO(2), "~2"));
}

static void sorts_do_not_mix(void **state) {
    (void)state;
    assert_true(passes(TRACE_BOOL(true), "=true"));
    assert_true(passes(TRACE_BOOL(true), "!=false"));
    assert_false(passes(TRACE_BOOL(true), "=1"));
    assert_false(passes(TRACE_BOOL(true), ">false"));
    assert_false(passes(TRACE_I64(1), "=true"));
    assert_false(passes(text_value("42"), "=42"));
    assert_true(passes(text_value("42"), "!=42"));
    assert_true(passes(text_value("42"), "=\"42\""));
    assert_false(passes(text_value("42"), "<43"));
}

static void texts_compare_by_bytes(void **state) {
    (void)state;
    assert_true(passes(text_value("abc"), "=abc"));
    assert_true(passes(text_value("abc"), "<abd"));
    assert_true(passes(text_value("ab"), "<abc"));
    assert_true(passes(text_value("\xc3\xa4"), ">z"));
    assert_true(passes(ctrace_i_box_strn("a\0b", 3), "=\"a\\u0000b\""));
    assert_true(passes(text_value(""), "=\"\""));
    assert_true(passes(TRACE_BYTES("\x01\xff", 2), "=\"01ff\""));
}

static void expressions_match_the_whole_text(void **state) {
    (void)state;
    assert_true(passes(text_value("/users/42"), "~/users/[0-9]+"));
    assert_false(passes(text_value("/users/42/x"), "~/users/[0-9]+"));
    assert_false(passes(text_value("x/users/42"), "~/users/[0-9]+"));
    assert_true(passes(text_value("ab"), "~a|ab"));
    assert_true(passes(TRACE_I64(503), "~5.."));
    assert_true(passes(TRACE_F64(1.5), "~1\\.5"));
    assert_true(passes(TRACE_BOOL(false), "~f.*"));
    assert_false(passes(ctrace_i_box_strn("a\0b", 3), "~.*"));
}

static void write_lazily(ctrace_buf *out, const void *object) {
    ctrace_buf_put(out, object, strlen(object));
}

static void lazy_texts_are_written(void **state) {
    (void)state;
    assert_true(passes(TRACE_LAZY(write_lazily, "late"), "=late"));
    assert_true(passes(TRACE_LAZY(write_lazily, "late"), "~l.*e"));
}

static void what_is_not_there_matches_nothing(void **state) {
    (void)state;
    assert_true(passes(TRACE_EMPTY, ""));
    assert_false(passes(TRACE_EMPTY, "!=1"));
    assert_false(passes(TRACE_EMPTY, "~.*"));
    assert_false(passes(text_value(NULL), "~.*"));
    assert_false(passes(text_value(NULL), "=\"\""));
    assert_true(passes(text_value(NULL), "!=x"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_compare_by_worth),
        cmocka_unit_test(kinds_with_a_meaning_are_their_numbers),
        cmocka_unit_test(sorts_do_not_mix),
        cmocka_unit_test(texts_compare_by_bytes),
        cmocka_unit_test(expressions_match_the_whole_text),
        cmocka_unit_test(lazy_texts_are_written),
        cmocka_unit_test(what_is_not_there_matches_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

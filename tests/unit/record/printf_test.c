/* What is printed from copied arguments is what printf prints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/memory.h"
#include "ctrace/detail/box.h"
#include "record/get.h"
#include "record/printf.h"
#include "record/put.h"

/* Formats are variables here so that no compiler has an opinion on them. */
static void check(const char *format, ...) {
    char expected[1024];
    va_list list;
    va_start(list, format);
    vsnprintf(expected, sizeof expected, format, list);
    va_end(list);

    cti_printf *parsed = NULL;
    assert_int_equal(cti_printf_parse(format, &parsed), CTI_PRINTF_PARSED);
    ctrace_value values[CTI_RECORD_VALUES];
    va_start(list, format);
    uint32_t count = cti_printf_collect(parsed, format, list, values);
    va_end(list);

    unsigned char bytes[2048]; /* there and back, as in a ring */
    cti_put put;
    cti_put_begin(&put, bytes, sizeof bytes, sizeof bytes, 7);
    assert_true(cti_put_values(&put, values, count));
    assert_int_equal(count, parsed->values);
    cti_get get = {bytes + CTI_RECORD_HEADER, put.at};
    assert_true(cti_get_values(&get, values, count));

    ctrace_buf buf = CTI_BUF_INIT;
    assert_true(cti_printf_print(parsed, format, values, count, &buf));
    assert_string_equal(ctrace_buf_bytes(&buf, NULL), expected);
    cti_buf_release(&buf);
    cti_free(parsed);
}

static void integers(void **state) {
    (void)state;
    check("plain");
    check("");
    check("%d %i %u", -1, INT32_MIN, UINT32_MAX);
    check("%x %X %o %#x %#o", 255u, 255u, 8u, 255u, 8u);
    check("%hhd %hd %hhu %hu", 300, 70000, 300, 70000);
    check("%ld %lu %lx", -5L, 5UL, 0xfeUL);
    check("%lld %llu", INT64_MIN + 0LL, UINT64_MAX + 0ULL);
    check("%jd %ju", (intmax_t)-7, (uintmax_t)7);
    check("%zd %zu %td", (ptrdiff_t)-3, (size_t)3, (ptrdiff_t)-4);
    check("%+d % d %05d %-5d| %5d", 1, 2, 3, 4, 5);
    check("%.3d %8.3d %-8.3d|", 7, 8, 9);
    check("%c%c%c", 'a', 0x41, '%');
    check("100%% of %d%%", 3);
}

static void widths_and_precisions_from_arguments(void **state) {
    (void)state;
    check("%*d|%-*d|%.*d|%*.*d", 6, 1, 6, 2, 4, 3, 8, 4, 5);
    check("%*d|", -6, 1);
    check("%.*d|", -1, 1);
    check("%*.*f|", 10, 2, 3.14159);
    check("%*.*s|%-*.*s|", 8, 2, "abc", 8, 2, "xyz");
    check("%*ld|%.*lld|", 9, 5L, 6, 7LL);
}

static void doubles(void **state) {
    (void)state;
    check("%f %e %g %a", 1.5, 1e100, 1e-5, 2.5);
    check("%F %E %G %A", 1.5, 1e100, 1e-5, 2.5);
    check("%.0f %.10f %10.3f %-10.3f| %+.2f %lf", 2.5, 1.0 / 3, 3.14159, 3.14159, 1.0, 4.0);
}

static void strings(void **state) {
    (void)state;
    const char unterminated[3] = {'a', 'b', 'c'};
    check("%s and %s", "one", "");
    check("%10s|%-10s|%.2s|%10.2s|%.0s|%.100s", "abc", "abc", "abc", "abc", "abc", "abc");
    check("%.3s|%.*s|", unterminated, 3, unterminated);
    check("%.*s|", -1, "negative is none");
    check("%s|%10s|%.2s|%.9s|%*s", (char *)NULL, (char *)NULL, (char *)NULL, (char *)NULL, 12,
          (char *)NULL);
    check("%p %p %20p", (void *)NULL, (void *)"x", (void *)"x");
}

static cti_printf_verdict verdict_on(const char *format) {
    cti_printf *parsed = NULL;
    const cti_printf_verdict verdict = cti_printf_parse(format, &parsed);
    cti_free(parsed);
    return verdict;
}

static void what_cannot_be_copied(void **state) {
    (void)state;
    assert_int_equal(verdict_on("%Lf"), CTI_PRINTF_UNKNOWN);
    assert_int_equal(verdict_on("%ls"), CTI_PRINTF_UNKNOWN);
    assert_int_equal(verdict_on("%lc"), CTI_PRINTF_UNKNOWN);
    assert_int_equal(verdict_on("%1$d"), CTI_PRINTF_UNKNOWN);
    assert_int_equal(verdict_on("%m"), CTI_PRINTF_UNKNOWN);
    assert_int_equal(verdict_on("%"), CTI_PRINTF_UNKNOWN);
    assert_int_equal(verdict_on("%d %"), CTI_PRINTF_UNKNOWN);
    assert_int_equal(verdict_on("%000000000000000000000000000000000000000000000000001d"),
                     CTI_PRINTF_UNKNOWN);
    char many[34 * 2 + 1] = "";
    for (int i = 0; i < 34; i++) {
        strcat(many, "%d");
    }
    assert_int_equal(verdict_on(many), CTI_PRINTF_UNKNOWN);
    assert_int_equal(verdict_on(many + 2), CTI_PRINTF_PARSED);
}

static void what_writes(void **state) {
    (void)state;
    assert_int_equal(verdict_on("%n"), CTI_PRINTF_WRITES);
    assert_int_equal(verdict_on("%d%hhn"), CTI_PRINTF_WRITES);
    assert_int_equal(verdict_on("%lln %m"), CTI_PRINTF_WRITES);
    assert_int_equal(verdict_on("%%n"), CTI_PRINTF_PARSED);
}

static void what_writes_in_other_words(void **state) {
    (void)state;
    static const char *const forms[] = {
        "%1$n",
        "%2$hhn",
        "%1$*2$n",
        "%1$.*2$ln",
        "%1$-5.3lln",
        "%In",
        "%-In",
        "%I5n",
        "%Zn",
        "%5Zn",
        "%qn",
        "%Ln",
        "%w64n",
        "%wf16n",
        "%1$w8n",
        "%+ #0'n",
        "%*.*jn",
        "%.tn",
        "%y%n",
        "%1$d%2$n",
        "%Lf %zn",
        "%000000000000000000000000000000000000000000000000001n",
        "%000000000000000000000000000000000000000000000000001$n",
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (verdict_on(forms[i]) != CTI_PRINTF_WRITES) {
            fail_msg("%s was not refused", forms[i]);
        }
    }
}

/* An n that follows something else is text. */
static void what_only_looks_like_it(void **state) {
    (void)state;
    assert_int_equal(verdict_on("%dn"), CTI_PRINTF_PARSED);
    assert_int_equal(verdict_on("%Lfns"), CTI_PRINTF_UNKNOWN);
    assert_int_equal(verdict_on("%1$dns"), CTI_PRINTF_UNKNOWN);
    assert_int_equal(verdict_on("%lsn"), CTI_PRINTF_UNKNOWN);
    assert_int_equal(verdict_on("%mn"), CTI_PRINTF_UNKNOWN);
    assert_int_equal(verdict_on("%w64dn"), CTI_PRINTF_UNKNOWN);
}

/* Values that do not go with a format: of a recording that is damaged. */
static void values_that_do_not_fit(void **state) {
    (void)state;
    cti_printf *parsed = NULL;
    assert_int_equal(cti_printf_parse("%d %s", &parsed), CTI_PRINTF_PARSED);
    ctrace_buf buf = CTI_BUF_INIT;
    ctrace_value values[] = {ctrace_i_box_i64(1), ctrace_i_box_i64(2), ctrace_i_box_i64(3)};
    assert_false(cti_printf_print(parsed, "%d %s", values, 1, &buf));
    assert_false(cti_printf_print(parsed, "%d %s", values, 2, &buf));
    values[1] = ctrace_i_box_strn("x", 1);
    assert_true(cti_printf_print(parsed, "%d %s", values, 2, &buf));
    assert_false(cti_printf_print(parsed, "%d %s", values, 3, &buf));
    cti_buf_release(&buf);
    cti_free(parsed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers),
        cmocka_unit_test(widths_and_precisions_from_arguments),
        cmocka_unit_test(doubles),
        cmocka_unit_test(strings),
        cmocka_unit_test(what_cannot_be_copied),
        cmocka_unit_test(what_writes),
        cmocka_unit_test(what_writes_in_other_words),
        cmocka_unit_test(what_only_looks_like_it),
        cmocka_unit_test(values_that_do_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

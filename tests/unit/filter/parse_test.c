/* What parses, what does not, and what is said about it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "ctrace/filter.h"
#include "ctrace/trace.h"
#include "filter/parse.h"

static void accepts(const char *directives, const char *printed) {
    ctrace_filter *filter = NULL;
    char text[256];
    assert_int_equal(ctrace_filter_parse(directives, &filter, NULL), CTRACE_OK);
    assert_int_equal(ctrace_filter_text(filter, text, sizeof text), strlen(printed));
    assert_string_equal(text, printed);
    ctrace_filter_unref(filter);
}

static void refuses(const char *directives, size_t at, const char *said) {
    ctrace_filter *untouched = NULL;
    size_t offset = 999;
    assert_int_equal(ctrace_filter_parse(directives, &untouched, &offset), CTRACE_EPARSE);
    assert_null(untouched);
    assert_int_equal(offset, at);
    if (strstr(ctrace_last_error(), said) == NULL) {
        fail_msg("'%s': '%s' is not in '%s'", directives, said, ctrace_last_error());
    }
}

static void static_directives(void **state) {
    (void)state;
    accepts("", "");
    accepts(" \t\n", "");
    accepts("info", "info");
    accepts("WaRn , Shop::db=3", "warn,Shop::db=info");
    accepts("0", "off");
    accepts("5,4,3,2,1", "trace,debug,info,warn,error");
    accepts("6", "6=trace");
    accepts("shop", "shop=trace");
    accepts("shop*=off", "shop*=off");
    accepts("*", "*=trace");
    accepts("info=debug", "info=debug");
    accepts("info[]=debug", "info=debug");
    accepts("[]=debug", "debug");
    accepts("a{b]c}=warn", "a{b]c}=warn");
}

static void dynamic_directives(void **state) {
    (void)state;
    accepts("[request]", "[request]=trace");
    accepts("http [ req* { user = 42 , path } ] = debug", "http[req*{user=42,path}]=debug");
    accepts("[{a!=1,b<2,c<=3,d>-4,e>=5.5}]", "[{a!=1,b<2,c<=3,d>-4,e>=5.5}]=trace");
    accepts("[{ok=true,no=false,word=truth}]=1", "[{ok=true,no=false,word=truth}]=error");
    accepts("[{path~/users/[0-9]+}]", "[{path~/users/[0-9]+}]=trace");
    accepts("[{path~\"/x/[0-9]{2,3}\"}]", "[{path~\"/x/[0-9]{2,3}\"}]=trace");
    accepts("[*]=info", "[*]=info");
    accepts("[\"\"]=info", "[\"\"]=info");
    accepts("[\"slow query*\"]", "[\"slow query*\"]=trace");
    accepts("[{\"a b\"=1}]", "[{\"a b\"=1}]=trace");
}

static void values(void **state) {
    (void)state;
    accepts("[{a=\"42\"}]", "[{a=\"42\"}]=trace");
    accepts("[{a=\"x y\\u00e4\\n\\\"\"}]", "[{a=\"x y\xc3\xa4\\u000a\\\"\"}]=trace");
    accepts("[{a=\"\\ud83d\\ude00\"}]", "[{a=\xf0\x9f\x98\x80}]=trace");
    accepts("[{a=18446744073709551615}]", "[{a=18446744073709551615}]=trace");
    accepts("[{a=-9223372036854775808}]", "[{a=-9223372036854775808}]=trace");
    accepts("[{a=99999999999999999999}]", "[{a=1e20}]=trace");
    accepts("[{a=0xff,b=007,c=+1}]", "[{a=255,b=7,c=1}]=trace");
    accepts("[{a=1.,b=.5,c=1e3,d=1e999}]", "[{a=1.0,b=0.5,c=1000.0,d=1e999}]=trace");
    accepts("[{a=-,b=1.2.3,c=e5,d=0x,e=inf}]", "[{a=-,b=1.2.3,c=e5,d=0x,e=inf}]=trace");
    accepts("[{a=\"\"}]", "[{a=\"\"}]=trace");
}

static void errors(void **state) {
    (void)state;
    refuses(",info", 0, "found ',', expected a level, a target or '['");
    refuses("info,", 5, "found the end, expected a level, a target or '['");
    refuses("info, ", 6, "the end");
    refuses("info,,warn", 5, "found ','");
    refuses("=info", 0, "found '='");
    refuses("shop=", 5, "found the end, expected off, error");
    refuses("shop=verbose", 5, "found 'verbose', expected off, error");
    refuses("shop=6", 5, "found '6'");
    refuses("foo bar=info", 4, "found 'bar', expected '[', '=', ',' or the end");
    refuses("info warn", 5, "found 'warn', expected ',' or the end");
    refuses("\"info\"", 0, "found '\"'");
    refuses("shop[", 5, "found the end, expected a span's name");
    refuses("[request", 8, "found the end, expected '{' or ']'");
    refuses("[request{user=42]=debug", 16, "found ']', expected ',' or '}'");
    refuses("[request{user]", 13, "found ']', expected a comparison, ',' or '}'");
    refuses("[request{}]", 9, "found '}', expected a field's name");
    refuses("[{a=}]", 4, "found '}', expected a value");
    refuses("[{a==1}]", 4, "found '=', expected a value");
    refuses("[{a!1}]", 4, "found '1', expected '=' after '!'");
    refuses("[{a=1,}]", 6, "expected a field's name");
    refuses("[{a=1}", 6, "found the end, expected ']'");
    refuses("[{a=1}]x", 7, "found 'x', expected '=', ',' or the end");
    refuses("[a]=debug info", 10, "expected ',' or the end");
    refuses("[{a=\"x}]", 8, "found the end, expected a closing '\"'");
    refuses("[{a=\"\\x\"}]", 5, "expected an escape of JSON's");
    refuses("[{a=\"\\u12g4\"}]", 9, "found 'g4', expected four hexadecimal digits");
    refuses("[{a=\"\\ud800\"}]", 5, "expected a surrogate pair");
    refuses("[{a=\"\\udc00\"}]", 5, "expected a surrogate pair");
    refuses("[{a~(}]", 4, "expected a POSIX extended regular expression");
    refuses("[{a~}]", 4, "expected a regular expression");
    refuses("[{a~\"((x{99}){99}){99}\"}]", 4, "expected a smaller regular expression");
    refuses("[\"a\\u0000b\"]", 1, "expected a span's name");
}

static void a_caret_shows_the_place(void **state) {
    (void)state;
    refuses("shop=debug,db=\x01 loud", 14, "");
    assert_string_equal(ctrace_last_error(),
                        "byte 14: found '?', expected off, error, warn, info, debug, trace or 0 to "
                        "5\nshop=debug,db=? loud\n              ^");
    refuses("\xc3\xa4\xc3\xb6=x", 5, "\n\xc3\xa4\xc3\xb6=x\n   ^");
    char text[400];
    memset(text, 'a', sizeof text);
    memcpy(text + 300, "=loud", 6);
    refuses(text, 301, "aaaa=loud\n                                    ^");
}

static void nothing_is_taken_from_nothing(void **state) {
    (void)state;
    ctrace_filter *filter;
    assert_int_equal(ctrace_filter_parse(NULL, &filter, NULL), CTRACE_EINVAL);
    assert_int_equal(ctrace_filter_parse("info", NULL, NULL), CTRACE_EINVAL);
}

static void keeps(const char *directives, const char *printed, const char *complaints[]) {
    ctrace_filter *filter = NULL;
    ctrace_buf said = CTI_BUF_INIT;
    char text[256];
    assert_int_equal(cti_filter_parse_lenient(directives, &filter, &said), CTRACE_OK);
    ctrace_filter_text(filter, text, sizeof text);
    assert_string_equal(text, printed);
    size_t size;
    const char *bytes = ctrace_buf_bytes(&said, &size);
    size_t lines = size == 0 ? 0 : 1; /* the last one does not end */
    for (size_t i = 0; i < size; i++) {
        lines += bytes[i] == '\n' ? 1 : 0;
    }
    size_t expected = 0;
    for (; complaints[expected] != NULL; expected++) {
        assert_non_null(strstr(bytes, complaints[expected]));
    }
    assert_int_equal(lines, 3 * expected);
    cti_buf_release(&said);
    ctrace_filter_unref(filter);
}

static void the_lenient_form_drops_what_is_bad(void **state) {
    (void)state;
    keeps("info", "info", (const char *[]){NULL});
    keeps("", "", (const char *[]){NULL});
    keeps("shop=loud,db=debug", "db=debug", (const char *[]){"byte 5: found 'loud'", NULL});
    keeps("info,,warn,", "info,warn", (const char *[]){"byte 5", "byte 11: found the end", NULL});
    keeps("[a{b=1,c=}],warn", "warn", (const char *[]){"byte 9: found '}'", NULL});
    keeps("[a{b=\",\\\",],\" x}],warn", "warn", (const char *[]){"byte 14: found 'x'", NULL});
    keeps("[a{b=1]=debug,warn", "warn", (const char *[]){"byte 6: found ']'", NULL});
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(static_directives),
        cmocka_unit_test(dynamic_directives),
        cmocka_unit_test(values),
        cmocka_unit_test(errors),
        cmocka_unit_test(a_caret_shows_the_place),
        cmocka_unit_test(nothing_is_taken_from_nothing),
        cmocka_unit_test(the_lenient_form_drops_what_is_bad),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

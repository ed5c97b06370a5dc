/* The JSON reader of the tool: what it refuses, and what the nodes say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "cli/json.h"

/* Reads an exact copy, so that a sanitizer sees a byte too many. NULL when it is right. */
static const char *problem_of(const char *text, size_t size, size_t *ret_at) {
    json_doc json = {0};
    char *copy = malloc(size + (size == 0));
    assert_non_null(copy);
    memcpy(copy, text, size);
    const char *problem = json_read(&json, copy, size, ret_at);
    json_release(&json);
    free(copy);
    return problem;
}

static void it_takes_what_is_right(void **state) {
    static const char *const texts[] = {"0",
                                        "-0",
                                        "-0.5e+10",
                                        "1E5",
                                        "\"\"",
                                        "true",
                                        "[]",
                                        " [ 1 , {\"a\" : null} ] \r\n",
                                        "\"\\u00e9\\ud83d\\ude00\\ud83d \\\"\\\\\\/\\b\"",
                                        "\"\xc3\xa9\xf0\x9f\x98\x80\"",
                                        "{\"a\":{\"a\":[[[]]]},\"a\":false}"};
    size_t at;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_null(problem_of(texts[i], strlen(texts[i]), &at));
    }
}

static void it_refuses_what_is_wrong(void **state) {
    static const char *const texts[] = {"",
                                        " ",
                                        "nul",
                                        "nulls",
                                        "01",
                                        "+1",
                                        "1.",
                                        ".5",
                                        "1e",
                                        "-",
                                        "[1,]",
                                        "[1 2]",
                                        "[",
                                        "{",
                                        "{\"a\"}",
                                        "{\"a\":}",
                                        "{a:1}",
                                        "{1:1}",
                                        "{\"a\":1,}",
                                        "\"",
                                        "\"\\\"",
                                        "\"\\x\"",
                                        "\"\\u12g4\"",
                                        "\"a\nb\"",
                                        "\"\xc3\"",
                                        "\"\xed\xa0\x80\"",
                                        "\"\xc0\x80\"",
                                        "1 1",
                                        "[]]",
                                        "'a'",
                                        "NaN",
                                        ("\xef\xbb\xbf"
                                         "1")};
    size_t at;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_non_null(problem_of(texts[i], strlen(texts[i]), &at));
        assert_true(at <= strlen(texts[i]));
    }
    assert_non_null(problem_of("\"a\0b\"", 5, &at));
}

/* Cut anywhere, and with any byte changed, it says something and goes nowhere else. */
static void nothing_is_trusted(void **state) {
    static const char text[] =
        "{\"a\":[1.5e3,\"\\ud83d\\ude00\",true,{\"b\":null}],\"c\":\"\xc3\xa9\"}";
    char changed[sizeof text];
    size_t at;
    (void)state;
    for (size_t size = 0; size < sizeof text - 1; size++) {
        assert_non_null(problem_of(text, size, &at));
    }
    for (size_t i = 0; i < sizeof text - 1; i++) {
        for (int byte = 0; byte < 256; byte++) {
            memcpy(changed, text, sizeof text);
            changed[i] = (char)byte;
            problem_of(changed, sizeof text - 1, &at);
        }
    }
}

static void depth_is_bounded(void **state) {
    char text[2 * (JSON_DEPTH + 1)];
    size_t at;
    (void)state;
    memset(text, '[', JSON_DEPTH + 1);
    memset(text + JSON_DEPTH + 1, ']', JSON_DEPTH + 1);
    assert_null(problem_of(text + 1, 2 * JSON_DEPTH, &at));
    assert_string_equal(problem_of(text, sizeof text, &at), "this is nested too deeply");
    assert_int_equal(at, JSON_DEPTH);
}

static void nodes_are_found_and_walked(void **state) {
    static const char text[] = "{\"a\":[1,[2,3],\"x\"],\"b\":7,\"b\":18446744073709551615,"
                               "\"c\":\"18446744073709551616\",\"d\":\"00f067aa0ba902B7\"}";
    json_doc json = {0};
    size_t at, count = 0;
    uint64_t number = 0;
    (void)state;
    assert_null(json_read(&json, text, sizeof text - 1, &at));
    const json_node *array = json_member(&json, json.nodes, "a");
    for (const json_node *node = json_first(&json, array); node != NULL;
         node = json_next(&json, array, node)) {
        count++;
    }
    assert_int_equal(count, 3);
    assert_true(json_u64(&json, json_member(&json, json.nodes, "b"), &number));
    assert_true(number == UINT64_MAX); /* the last of two */
    assert_false(json_u64(&json, json_member(&json, json.nodes, "c"), &number));
    assert_true(json_hex(&json, json_member(&json, json.nodes, "d"), &number, 1));
    assert_true(number == 0x00f067aa0ba902b7);
    assert_false(json_hex(&json, json_member(&json, json.nodes, "c"), &number, 1));
    assert_null(json_member(&json, json.nodes, "e"));
    assert_null(json_member(&json, array, "a"));
    assert_null(json_member(&json, NULL, "a"));
    json_release(&json);
}

static void strings_are_decoded(void **state) {
    static const char text[] = "\"\\u0041\\n\\u00e9\\u20ac\\ud83d\\ude00\\ud83d\\udzzz";
    static const char good[] = "\"\\u0041\\n\\u00e9\\u20ac\\ud83d\\ude00 \\ud83d\\u0041 \\ude00\"";
    json_doc json = {0};
    ctrace_buf buf = CTI_BUF_INIT;
    size_t at, size;
    (void)state;
    assert_non_null(json_read(&json, text, sizeof text - 1, &at));
    assert_null(json_read(&json, good, sizeof good - 1, &at));
    json_put_string(&buf, &json, json.nodes);
    assert_string_equal(ctrace_buf_bytes(&buf, &size),
                        "A\n\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 \xef\xbf\xbd"
                        "A \xef\xbf\xbd");
    cti_buf_release(&buf);
    json_release(&json);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_takes_what_is_right),     cmocka_unit_test(it_refuses_what_is_wrong),
        cmocka_unit_test(nothing_is_trusted),         cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(nodes_are_found_and_walked), cmocka_unit_test(strings_are_decoded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

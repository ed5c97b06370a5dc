#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "encode/json_keys.h"

static void assert_key(cti_json_object object, const char *name, const char *expected) {
    ctrace_buf buf = CTI_BUF_INIT;
    const cti_json_key key = cti_json_key_of(object, name, "");
    cti_json_put_key(&buf, &key);
    assert_string_equal(ctrace_buf_bytes(&buf, NULL), expected);
    cti_buf_release(&buf);
}

static void ours_are_left_to_us(void **state) {
    (void)state;
    assert_key(CTI_JSON_EVENT, "rows", ",\"rows\":");
    assert_key(CTI_JSON_EVENT, "time", ",\"field_time\":");
    assert_key(CTI_JSON_EVENT, "thread", ",\"field_thread\":");
    assert_key(CTI_JSON_EVENT, "name", ",\"name\":");
    assert_key(CTI_JSON_SPAN, "name", ",\"field_name\":");
    assert_key(CTI_JSON_SPAN, "time", ",\"time\":");
    assert_key(CTI_JSON_NESTED_EVENT, "time", ",\"time\":");
    assert_key(CTI_JSON_NESTED_SPAN, "name", ",\"name\":");
    assert_key(CTI_JSON_EVENT, "a\"\n", ",\"a\\\"\\n\":");
}

static bool same(cti_json_key one, cti_json_key other) {
    const bool result = cti_json_keys_are_same(&one, &other);
    assert_true(cti_json_keys_are_same(&other, &one) == result);
    return result;
}

static void compared_as_they_come_out(void **state) {
    (void)state;
    assert_true(same((cti_json_key){{"", "a_ns", ""}}, (cti_json_key){{"", "a", "_ns"}}));
    assert_true(same((cti_json_key){{"field_", "a", ""}}, (cti_json_key){{"", "field_a", ""}}));
    assert_true(same((cti_json_key){{"", "", ""}}, (cti_json_key){{"", "", ""}}));
    assert_false(same((cti_json_key){{"", "a", ""}}, (cti_json_key){{"", "a", "_ns"}}));
    assert_false(same((cti_json_key){{"", "ab", ""}}, (cti_json_key){{"", "ac", ""}}));
}

static bool may_clash(cti_json_object object, const char *one, const char *other) {
    const char *const names[] = {one, other};
    const ctrace_callsite site = {.field_names = names, .field_count = 2};
    return cti_json_keys_may_clash(object, &site);
}

static void possible_clashes(void **state) {
    (void)state;
    assert_false(may_clash(CTI_JSON_EVENT, "a", "b"));
    assert_true(may_clash(CTI_JSON_EVENT, "a", "a"));
    assert_true(may_clash(CTI_JSON_EVENT, "a", "a_ns"));
    assert_true(may_clash(CTI_JSON_EVENT, "a_text", "a"));
    assert_true(may_clash(CTI_JSON_EVENT, "time", "field_time"));
    assert_false(may_clash(CTI_JSON_SPAN, "time", "field_time"));
    assert_true(may_clash(CTI_JSON_SPAN, "name", "field_name"));
    assert_true(may_clash(CTI_JSON_NESTED_EVENT, "a", "message"));
    assert_false(may_clash(CTI_JSON_EVENT, "a", "message"));
    assert_true(may_clash(CTI_JSON_NESTED_SPAN, "a", "name"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ours_are_left_to_us),
        cmocka_unit_test(compared_as_they_come_out),
        cmocka_unit_test(possible_clashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "support/test.h"

#include <string.h>

#include "core/process.h"
#include "ctrace/subscriber.h"
#include "ctrace/trace.h"

static void texts_to_fields(void **state) {
    (void)state;
    assert_int_equal(ctrace_fields_count(cti_process_fields()), 0);
    assert_int_equal(cti_process_fields_set("service=shop, version=1.2,note=\"a, b=c\",none="),
                     CTRACE_OK);
    const ctrace_fields *fields = cti_process_fields();
    assert_int_equal(ctrace_fields_count(fields), 4);
    assert_string_equal(ctrace_fields_key(fields, 1), "version");
    const char *const expected[] = {"shop", "1.2", "a, b=c", ""};
    for (size_t i = 0; i < 4; i++) {
        const ctrace_value *value = ctrace_fields_value(fields, i);
        assert_int_equal(value->size, strlen(expected[i]));
        assert_memory_equal(value->as.string, expected[i], value->size);
    }
}

static void what_is_wrong_is_said_and_changes_nothing(void **state) {
    (void)state;
    assert_int_equal(cti_process_fields_set("kept=1"), CTRACE_OK);
    const char *const wrong[] = {"x", "=1", "a=1,b", "a=\"open", "a=\"b\"c=1", ",a=1"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(cti_process_fields_set(wrong[i]), CTRACE_EPARSE);
        assert_non_null(strstr(ctrace_last_error(), "process fields, at byte"));
    }
    char many[400] = "";
    for (int i = 0; i < 33; i++) {
        strcat(many, "key=value,");
    }
    assert_int_equal(cti_process_fields_set(many), CTRACE_EPARSE);
    assert_int_equal(ctrace_fields_count(cti_process_fields()), 1);
    assert_int_equal(cti_process_fields_set(""), CTRACE_OK);
    assert_int_equal(ctrace_fields_count(cti_process_fields()), 0);
}

RUN(TEST(texts_to_fields), TEST(what_is_wrong_is_said_and_changes_nothing))

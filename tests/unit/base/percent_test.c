#include "base/percent.h"

#include <stdio.h>
#include <string.h>

#include "support/test.h"

static void every_byte_in_both_cases(void **state) {
    (void)state;
    static const char *const forms[] = {"%%%02x", "%%%02X"};
    for (int i = 0; i < 512; i++) {
        char text[8], byte = 0;
        snprintf(text, sizeof text, forms[i / 256], (unsigned)i % 256);
        assert_true(cti_percent_get(text, strlen(text), &byte));
        assert_int_equal((unsigned char)byte, i % 256);
    }
}

static void what_is_no_encoding_is_left(void **state) {
    (void)state;
    static const char *const texts[] = {"", "%", "%4", "41", "%4g", "%g4", "% 4", "%%4", "x41"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char byte = 'u';
        assert_false(cti_percent_get(texts[i], strlen(texts[i]), &byte));
        assert_int_equal(byte, 'u');
    }
    char byte = 'u';
    assert_false(cti_percent_get("%41", 2, &byte)); /* no further than it may */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_in_both_cases),
        cmocka_unit_test(what_is_no_encoding_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

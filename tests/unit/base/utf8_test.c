#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"

enum { BROKEN = -1, MOST = 12 };

/* Bytes, and what they decode to: points, BROKEN for each U+FFFD, 0 at the end. */
static const struct decode_case {
    const char *bytes;
    int32_t points[MOST];
} decode_cases[] = {
    /* first and last of each length, and around the surrogates */
    {"\x01\x7f", {0x01, 0x7f}},
    {"\xc2\x80\xdf\xbf", {0x80, 0x7ff}},
    {"\xe0\xa0\x80\xef\xbf\xbf", {0x800, 0xffff}},
    {"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", {0x10000, 0x10ffff}},
    {"\xed\x9f\xbf\xee\x80\x80", {0xd7ff, 0xe000}},
    {"\xce\xba\xe1\xbd\xb9\xcf\x83", {0x3ba, 0x1f79, 0x3c3}},
    {"\xef\xbf\xbd\xef\xbf\xbe", {0xfffd, 0xfffe}},
    /* Unicode 15, table 3-8: overlong forms */
    {"\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41",
     {BROKEN, BROKEN, BROKEN, BROKEN, BROKEN, BROKEN, BROKEN, BROKEN, 0x41}},
    /* table 3-9: surrogates */
    {"\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41",
     {BROKEN, BROKEN, BROKEN, BROKEN, BROKEN, BROKEN, BROKEN, BROKEN, 0x41}},
    /* table 3-10: other bytes that start nothing */
    {"\xf4\x91\x92\x93\xff\x41\x80\xbf\x42",
     {BROKEN, BROKEN, BROKEN, BROKEN, BROKEN, 0x41, BROKEN, BROKEN, 0x42}},
    /* table 3-11: truncated sequences, one for each maximal part */
    {"\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41", {BROKEN, BROKEN, BROKEN, BROKEN, 0x41}},
    /* Kuhn 3.1, 3.2: lone continuation and lead bytes */
    {"\x80\xbf\x80", {BROKEN, BROKEN, BROKEN}},
    {"\xc2 \xe1 \xf1 ", {BROKEN, ' ', BROKEN, ' ', BROKEN, ' '}},
    {"\xf8\x88\x80\x80\x80", {BROKEN, BROKEN, BROKEN, BROKEN, BROKEN}},
    {"\xfc\x84\x80\x80\x80\x80", {BROKEN, BROKEN, BROKEN, BROKEN, BROKEN, BROKEN}},
    /* Kuhn 3.3, 3.4: the last byte missing, at the end and one after the other */
    {"\xdf", {BROKEN}},
    {"\xef\xbf", {BROKEN}},
    {"\xf4\x8f\xbf", {BROKEN}},
    {"\xf0\x90\x80\xe0\xa0\xc2\x80", {BROKEN, BROKEN, 0x80}},
    /* Kuhn 3.5: impossible bytes */
    {"\xfe\xff\xfe", {BROKEN, BROKEN, BROKEN}},
    /* Kuhn 4: overlong slash and NUL */
    {"\xc1\xbf\xe0\x9f\xbf", {BROKEN, BROKEN, BROKEN, BROKEN, BROKEN}},
    {"\xf0\x8f\xbf\xbf\xc0\x80", {BROKEN, BROKEN, BROKEN, BROKEN, BROKEN, BROKEN}},
    /* past U+10FFFF */
    {"\xf5\x80\x80\x80", {BROKEN, BROKEN, BROKEN, BROKEN}},
    {"\xf4\x90\x80\x80", {BROKEN, BROKEN, BROKEN, BROKEN}},
};

/* In memory of exactly that size, so that a sanitizer sees every byte read past the end. */
static void check_decode(const struct decode_case *expected) {
    size_t size = strlen(expected->bytes), at = 0;
    char *bytes = malloc(size);
    memcpy(bytes, expected->bytes, size);
    for (size_t i = 0; i < MOST && expected->points[i] != 0; i++) {
        assert_true(at < size);
        uint32_t point;
        at += cti_utf8_decode(bytes + at, size - at, &point);
        assert_int_equal(point, (uint32_t)expected->points[i]);
    }
    assert_int_equal(at, size);
    free(bytes);
}

static void broken_input_is_cut_into_maximal_parts(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(decode_cases) / sizeof(decode_cases[0]); i++) {
        check_decode(&decode_cases[i]);
    }
}

static size_t encode(uint32_t point, char bytes[4]) {
    if (point < 0x80) {
        bytes[0] = (char)point;
        return 1;
    }
    size_t length = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--, point >>= 6) {
        bytes[i] = (char)(0x80 | (point & 0x3f));
    }
    bytes[0] = (char)((0xf00u >> length & 0xf0) | point);
    return length;
}

static void every_point_decodes_to_itself(void **state) {
    (void)state;
    for (uint32_t point = 0; point <= 0x110000; point++) {
        char bytes[4];
        size_t length = encode(point, bytes);
        uint32_t decoded;
        size_t taken = cti_utf8_decode(bytes, length, &decoded);
        if ((point >= 0xd800 && point < 0xe000) || point > 0x10ffff) {
            assert_int_equal(taken, 1);
            assert_int_equal(decoded, UINT32_MAX);
        } else {
            assert_int_equal(taken, length);
            assert_int_equal(decoded, point);
        }
    }
}

static void cuts_fall_between_characters(void **state) {
    (void)state;
    static const char text[] = "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80z"; /* a, 2, 3, 4 bytes, z */
    static const size_t cuts[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11, 11};
    for (size_t limit = 0; limit < sizeof(cuts) / sizeof(cuts[0]); limit++) {
        assert_int_equal(cti_utf8_cut(text, sizeof(text) - 1, limit), cuts[limit]);
    }
    assert_int_equal(cti_utf8_cut(text, sizeof(text) - 1, SIZE_MAX), sizeof(text) - 1);
    assert_int_equal(cti_utf8_cut("", 0, 0), 0);
}

static void cuts_of_broken_text_stay_where_they_are(void **state) {
    (void)state;
    static const char *const texts[] = {
        "\x80\x80\x80\x80\x80\x80", "\xff\xff\xff\xff", "a\xe2\x82z", "\xc3\xa9\x80",
        "\xf0\x80\x80\x80",         "\xc3(\xc3("};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        for (size_t limit = 0; limit <= strlen(texts[i]); limit++) {
            bool splits = i == 3 && limit == 1; /* the one whole character there is */
            assert_int_equal(cti_utf8_cut(texts[i], strlen(texts[i]), limit), splits ? 0 : limit);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broken_input_is_cut_into_maximal_parts),
        cmocka_unit_test(every_point_decodes_to_itself),
        cmocka_unit_test(cuts_fall_between_characters),
        cmocka_unit_test(cuts_of_broken_text_stay_where_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

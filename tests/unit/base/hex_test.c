#include "base/hex.h"

#include "support/test.h"

static void words_read_back_as_they_were_written(void **state) {
    (void)state;
    static const uint64_t words[] = {0, 1, UINT64_MAX, 0x0123456789abcdef, 0xfedcba9876543210};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        char text[CTI_HEX_WORD];
        uint64_t word = ~words[i];
        cti_hex_put_word(text, words[i]);
        assert_true(cti_hex_get_word(text, &word));
        assert_true(word == words[i]);
    }
    char text[CTI_HEX_WORD];
    cti_hex_put_word(text, 0x0123456789abcdef);
    assert_memory_equal(text, "0123456789abcdef", sizeof text);
}

/* Each of the 256 bytes, at each place. */
static void nothing_but_lower_case_digits_is_read(void **state) {
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        const bool digit = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f');
        for (size_t place = 0; place < CTI_HEX_WORD; place++) {
            char text[] = "0000000000000000";
            uint64_t word = 42;
            text[place] = (char)byte;
            assert_int_equal(cti_hex_get_word(text, &word), digit);
            assert_true(digit || word == 42);
        }
        const char pair[][CTI_HEX_BYTE] = {{(char)byte, '0'}, {'0', (char)byte}};
        uint8_t value = 42;
        assert_int_equal(cti_hex_get_byte(pair[0], &value), digit);
        assert_int_equal(cti_hex_get_byte(pair[1], &value), digit);
        assert_true(digit || value == 42);
    }
}

static void bytes_are_two_digits(void **state) {
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        char text[CTI_HEX_BYTE];
        uint8_t value = (uint8_t)~byte;
        cti_hex_put_byte(text, (uint8_t)byte);
        assert_true(cti_hex_get_byte(text, &value));
        assert_int_equal(value, byte);
    }
}

RUN(TEST(words_read_back_as_they_were_written), TEST(nothing_but_lower_case_digits_is_read),
    TEST(bytes_are_two_digits))

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/utf8.h"
#include "encode/escape.h"

typedef void escape_function(ctrace_buf *buf, const char *bytes, size_t size);

/* From memory of exactly that size, so that a sanitizer sees every byte read past the end. */
static void assert_escaped_bytes(escape_function *function, const char *bytes, size_t size,
                                 const char *expected) {
    char *copy = malloc(size == 0 ? 1 : size);
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    ctrace_buf buf = CTI_BUF_INIT;
    function(&buf, copy, size);
    assert_string_equal(ctrace_buf_bytes(&buf, NULL), expected);
    assert_int_equal(buf.size, strlen(expected));
    cti_buf_release(&buf);
    free(copy);
}

static void assert_escaped(const char *text, const char *expected) {
    assert_escaped_bytes(cti_escape, text, strlen(text), expected);
}

static void short_escapes(void **state) {
    (void)state;
    assert_escaped("\n\r\t\b\f\"\\", "\\n\\r\\t\\b\\f\\\"\\\\");
    assert_escaped("say \"hi\"\n", "say \\\"hi\\\"\\n");
    assert_escaped("C:\\temp", "C:\\\\temp");
    assert_escaped("/", "/");
}

static void controls_are_four_hex_digits(void **state) {
    (void)state;
    assert_escaped("\x1b[31mred", "\\u001b[31mred");
    assert_escaped("\x01\x0b\x1f\x7f", "\\u0001\\u000b\\u001f\\u007f");
    assert_escaped_bytes(cti_escape, "a\0b", 3, "a\\u0000b");
    assert_escaped("\xc2\x80\xc2\x9b\x31m\xc2\x9f\xc2\xa0", "\\u0080\\u009b1m\\u009f\xc2\xa0");
}

static void separators_and_directions(void **state) {
    (void)state;
    assert_escaped("\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xa9", "\xe2\x80\xa7\\u2028\\u2029");
    assert_escaped("\xe2\x80\xaa\xe2\x80\xae\xe2\x80\xaf", "\\u202a\\u202e\xe2\x80\xaf");
    assert_escaped("\xe2\x81\xa5\xe2\x81\xa6\xe2\x81\xa9\xe2\x81\xaa",
                   "\xe2\x81\xa5\\u2066\\u2069\xe2\x81\xaa");
    assert_escaped("\xe2\x80\x8d\xe2\x80\x8e\xe2\x80\x8f\xe2\x80\x90",
                   "\xe2\x80\x8d\\u200e\\u200f\xe2\x80\x90");
    assert_escaped("\xd8\x9b\xd8\x9c\xd8\x9d", "\xd8\x9b\\u061c\xd8\x9d");
}

static void broken_utf8_is_replaced(void **state) {
    (void)state;
    assert_escaped("a\xff\x62", "a\xef\xbf\xbd\x62");
    assert_escaped("\xe2\x82", "\xef\xbf\xbd");
    assert_escaped("\xc0\xaf\xed\xa0\x80z",
                   "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz");
    assert_escaped("\xf0\x9f\x98\"", "\xef\xbf\xbd\\\"");
}

static void other_text_stays_as_it_is(void **state) {
    (void)state;
    assert_escaped("", "");
    assert_escaped(" !#$%&'()*+,-./0123456789:;<=>?@AZ[]^_`az{|}~",
                   " !#$%&'()*+,-./0123456789:;<=>?@AZ[]^_`az{|}~");
    assert_escaped("Gr\xc3\xbc\xc3\x9f\x65, \xe4\xbd\xa0\xe5\xa5\xbd \xf0\x9f\x98\x80",
                   "Gr\xc3\xbc\xc3\x9f\x65, \xe4\xbd\xa0\xe5\xa5\xbd \xf0\x9f\x98\x80");
}

static void bare_text_keeps_its_quotes(void **state) {
    (void)state;
    static const char text[] = "a \"b\" \\ c\n\x1b\x7f\xff\xc2\x85\"";
    assert_escaped_bytes(cti_escape_bare, text, sizeof(text) - 1,
                         "a \"b\" \\\\ c\\n\\u001b\\u007f\xef\xbf\xbd\\u0085\"");
}

static size_t expected_byte(unsigned char byte, bool bare, char out[8]) {
    static const char letters[] = "btn\0fr"; /* from U+0008 */
    if (byte >= 0x80) {
        return (size_t)sprintf(out, "\xef\xbf\xbd");
    }
    if (byte >= 8 && byte <= 13 && byte != 11) {
        return (size_t)sprintf(out, "\\%c", letters[byte - 8]);
    }
    if (byte < 0x20 || byte == 0x7f) {
        return (size_t)sprintf(out, "\\u%04x", byte);
    }
    if (byte == '\\' || (byte == '"' && !bare)) {
        return (size_t)sprintf(out, "\\%c", byte);
    }
    return (size_t)sprintf(out, "%c", byte);
}

/* Every byte at every place of texts up to three words long, which the fast path reads in words,
 * halves and threes. */
static void every_byte_at_every_place(void **state) {
    (void)state;
    for (size_t size = 1; size <= 26; size++) {
        for (size_t place = 0; place < size; place++) {
            for (int byte = 0; byte < 256; byte++) {
                char text[32], expected[48];
                memset(text, 'x', sizeof(text));
                memset(expected, 'x', sizeof(expected));
                text[place] = (char)byte;
                for (int bare = 0; bare < 2; bare++) {
                    char *at = expected + place;
                    at += expected_byte((unsigned char)byte, bare != 0, at);
                    memset(at, 'x', size - place - 1);
                    at[size - place - 1] = '\0';
                    assert_escaped_bytes(bare ? cti_escape_bare : cti_escape, text, size, expected);
                }
            }
        }
    }
}

/* Neighbours of a harmful byte that a borrow or carry of the word test could hide. */
static void pairs_of_bytes(void **state) {
    (void)state;
    for (int first = 0; first < 128; first++) {
        for (int second = 0; second < 128; second++) {
            char text[9] = "abcdefgh", expected[32] = "abc";
            text[3] = (char)first;
            text[4] = (char)second;
            char *at = expected + 3;
            at += expected_byte((unsigned char)first, false, at);
            at += expected_byte((unsigned char)second, false, at);
            memcpy(at, "fgh", 4);
            assert_escaped_bytes(cti_escape, text, 8, expected);
        }
    }
}

/* Whatever goes in, what comes out is UTF-8 with nothing harmful. */
static void random_bytes_come_out_harmless(void **state) {
    (void)state;
    uint64_t x = 88172645463325252u;
    for (int round = 0; round < 20000; round++) {
        char bytes[40];
        for (size_t i = 0; i < sizeof(bytes); i++) {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            bytes[i] =
                x >> 60 < 8 ? (char)(x >> 20) : (char)("\xe2\x80\xc2\xf0\xed x\""[x >> 20 & 7]);
        }
        ctrace_buf buf = CTI_BUF_INIT;
        cti_escape(&buf, bytes, (size_t)(x >> 32) % (sizeof(bytes) + 1));
        for (size_t at = 0; at < buf.size;) {
            uint32_t point;
            at += cti_utf8_decode(buf.bytes + at, buf.size - at, &point);
            assert_true(point >= 0x20 && point != UINT32_MAX);
            assert_false(point >= 0x7f && point < 0xa0);
            assert_false(point >= 0x2028 && point <= 0x202e);
            assert_false(point >= 0x2066 && point <= 0x2069);
        }
        cti_buf_release(&buf);
    }
}

static void appends_behind_what_is_there(void **state) {
    (void)state;
    ctrace_buf buf = CTI_BUF_INIT;
    cti_buf_literal(&buf, "<");
    for (int i = 0; i < 300; i++) {
        cti_escape(&buf, "12345678\n", 9);
    }
    cti_escape_bare(&buf, "\">", 2);
    assert_int_equal(buf.size, 1 + 300 * 10 + 2);
    const char *text = ctrace_buf_bytes(&buf, NULL);
    for (size_t i = 0; i < 300; i++) {
        assert_memory_equal(text + 1 + i * 10, "12345678\\n", 10);
    }
    assert_string_equal(text + 1 + 3000, "\">");
    cti_buf_release(&buf);
}

static void hex_is_two_digits_a_byte(void **state) {
    (void)state;
    ctrace_buf buf = CTI_BUF_INIT;
    cti_hex_bytes(&buf, "\x00\x01\x7f\x80\xff\xa5", 6);
    cti_hex_bytes(&buf, NULL, 0);
    assert_string_equal(ctrace_buf_bytes(&buf, NULL), "00017f80ffa5");
    cti_hex_bytes(&buf, "abc", SIZE_MAX / 2 + 2);
    assert_null(ctrace_buf_bytes(&buf, NULL));
    cti_buf_release(&buf);
}

static void *no_block(void *state, size_t size) {
    (void)state;
    (void)size;
    return NULL;
}

static void *no_resize(void *state, void *block, size_t size) {
    (void)block;
    return no_block(state, size);
}

static void no_free(void *state, void *block) {
    (void)state;
    (void)block;
}

static void without_memory_the_buffer_fails(void **state) {
    (void)state;
    const ctrace_allocator none = {no_block, no_resize, no_free, NULL};
    assert_true(cti_memory_use(&none));
    ctrace_buf buf = CTI_BUF_INIT;
    cti_escape(&buf, "abc\n\xff", 5);
    assert_null(ctrace_buf_bytes(&buf, NULL));
    ctrace_buf_clear(&buf);
    cti_hex_bytes(&buf, "abc", 3);
    assert_null(ctrace_buf_bytes(&buf, NULL));
    assert_true(cti_memory_use(NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_escapes),
        cmocka_unit_test(controls_are_four_hex_digits),
        cmocka_unit_test(separators_and_directions),
        cmocka_unit_test(broken_utf8_is_replaced),
        cmocka_unit_test(other_text_stays_as_it_is),
        cmocka_unit_test(bare_text_keeps_its_quotes),
        cmocka_unit_test(every_byte_at_every_place),
        cmocka_unit_test(pairs_of_bytes),
        cmocka_unit_test(random_bytes_come_out_harmless),
        cmocka_unit_test(appends_behind_what_is_there),
        cmocka_unit_test(hex_is_two_digits_a_byte),
        cmocka_unit_test(without_memory_the_buffer_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

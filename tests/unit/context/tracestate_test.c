/* The tracestate header, as https://www.w3.org/TR/trace-context-2/ has it. */
#include "context/tracestate.h"

#include "support/test.h"

#include <stdio.h>
#include <string.h>

/* Up to two headers to one. */
static const char *read_both(const char *one, const char *other) {
    static char text[CTI_TRACESTATE_SIZE + 1];
    cti_tracestate state = CTI_TRACESTATE_INIT;
    cti_tracestate_add(&state, one);
    if (other != NULL) {
        cti_tracestate_add(&state, other);
    }
    cti_tracestate_finish(&state, text);
    return text;
}

static const char *read(const char *header) {
    return read_both(header, NULL);
}

/* "<key>=1", with a key of that many bytes. */
static const char *member_of(char key, size_t size, char out[700]) {
    memset(out, key, size);
    memcpy(out + size, "=1", 3);
    return out;
}

static void lists_are_kept_in_their_order(void **state) {
    (void)state;
    assert_string_equal(read("foo=1,bar=2"), "foo=1,bar=2");
    assert_string_equal(read_both("foo=1", "bar=2,baz=3"), "foo=1,bar=2,baz=3");
    assert_string_equal(read("foo=1,foo=2"), "foo=1,foo=2"); /* not ours to decide */
}

static void white_space_and_empty_members_go(void **state) {
    (void)state;
    assert_string_equal(read("foo=1 \t , \t bar=2,\tbaz=3 "), "foo=1,bar=2,baz=3");
    assert_string_equal(read(""), "");
    assert_string_equal(read(" ,\t, ,"), "");
    assert_string_equal(read(",foo=1,,"), "foo=1");
    assert_string_equal(read_both("", "foo=1"), "foo=1");
    assert_string_equal(read("foo=  1"), "foo=  1"); /* of the value */
}

static void one_bad_member_spoils_all(void **state) {
    (void)state;
    static const char *const bad[] = {
        "foo",    "foo=",        "=1",       "foo =1",       "FOO=1",    "foo.bar=1",   "@foo=1",
        "_foo=1", "foo=bar=baz", "foo=\x7f", "foo=\xc3\xa9", "foo=a\tb", "f\xc3\xa9=1", "foo=1\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char list[64];
        assert_string_equal(read(bad[i]), "");
        snprintf(list, sizeof list, "a=1,%s,b=2", bad[i]);
        assert_string_equal(read(list), "");
        assert_string_equal(read_both("a=1", bad[i]), "");
        assert_string_equal(read_both(bad[i], "a=1"), "");
    }
}

static void every_allowed_character_is_kept(void **state) {
    (void)state;
    static const char key[] = "abcdefghijklmnopqrstuvwxyz0123456789_-*/@a-z0-9_-*/";
    char member[256];
    size_t size = strlen(strcpy(member, key));
    member[size++] = '=';
    for (char c = ' '; c <= '~'; c++) {
        if (c != ',' && c != '=') {
            member[size++] = c;
        }
    }
    member[size] = '\0';
    assert_string_equal(read(member), member);
    assert_string_equal(read("0=0,foo@@bar=1,t@v=2"), "0=0,foo@@bar=1,t@v=2");
}

static void keys_and_values_have_256_bytes_at_most(void **state) {
    (void)state;
    char member[700];
    assert_string_equal(read(member_of('z', 256, member)), member);
    assert_string_equal(read(member_of('z', 257, member)), "");
    memset(member, 'v', sizeof member);
    memcpy(member, "k=", 2);
    member[258] = '\0';
    assert_string_equal(read(member), member);
    member[258] = 'v';
    member[259] = '\0';
    assert_string_equal(read(member), "");
}

static void the_33rd_member_is_too_many(void **state) {
    (void)state;
    char list[33 * 7] = "";
    for (int i = 1; i <= 32; i++) {
        snprintf(list + strlen(list), sizeof list - strlen(list), "%sk%02d=1", i == 1 ? "" : ",",
                 i);
    }
    assert_string_equal(read(list), list);
    assert_string_equal(read_both(list, ","), list);
    assert_string_equal(read_both(list, "k33=1"), "");
}

static void past_512_bytes_large_members_go_first(void **state) {
    (void)state;
    char large[700], other[700], list[3000];
    snprintf(list, sizeof list, "a=1,%s,b=2,%s,c=3", member_of('x', 200, large),
             member_of('y', 250, other));
    assert_string_equal(read(list), list); /* 467 bytes: fits */
    snprintf(list, sizeof list, "a=1,%s,b=2,%s,c=3", member_of('x', 250, large),
             member_of('y', 250, other));
    char expected[1500];
    snprintf(expected, sizeof expected, "a=1,%s,b=2,c=3", large);
    assert_string_equal(read(list), expected);
    snprintf(list, sizeof list, "%s,%s", large, expected); /* the last of the large ones */
    snprintf(expected, sizeof expected, "%s,a=1,b=2,c=3", large);
    assert_string_equal(read(list), expected);
    snprintf(list, sizeof list, "%s,%s,a=1", member_of('y', 256, large),
             member_of('x', 253, other));
    snprintf(expected, sizeof expected, "%s,a=1", large);
    assert_string_equal(read(list), expected);
}

static void then_those_at_the_end_go(void **state) {
    (void)state;
    char list[2000] = "", expected[2000] = "", member[700];
    for (char key = 'a'; key <= 'f'; key++) { /* 100 bytes each */
        member_of(key, 98, member);
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", key == 'a' ? "" : ",",
                 member);
        if (key <= 'e') {
            strcpy(expected, list);
        }
    }
    strcat(list, ",z=1"); /* would fit, but what was before it did not */
    assert_string_equal(read(list), expected);
}

RUN(TEST(lists_are_kept_in_their_order), TEST(white_space_and_empty_members_go),
    TEST(one_bad_member_spoils_all), TEST(every_allowed_character_is_kept),
    TEST(keys_and_values_have_256_bytes_at_most), TEST(the_33rd_member_is_too_many),
    TEST(past_512_bytes_large_members_go_first), TEST(then_those_at_the_end_go))

/* Values written and read back; nothing that is read is trusted. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ctrace/detail/box.h"
#include "record/get.h"
#include "record/put.h"

static unsigned char bytes[4096];
static uint32_t subject = 7;

/* Writes a record of these values and returns its size. */
static size_t write_record(const ctrace_value *values, uint32_t count) {
    cti_put put;
    memset(bytes, 0xee, sizeof bytes);
    const size_t enough = cti_put_size(CTI_RECORD_HEADER, values, count);
    cti_put_begin(&put, bytes, sizeof bytes, enough, subject);
    assert_true(cti_put_values(&put, values, count));
    const size_t size = cti_put_end(&put, CTI_RECORD_EVENT, 123456789);
    assert_true(size <= enough);
    return size;
}

static void read_record(size_t size, ctrace_value *ret_values, uint32_t count) {
    cti_record_head head;
    cti_get rest;
    assert_true(cti_get_head(bytes, size, cti_record_time_base(123456789), &head, &rest));
    assert_int_equal(head.size, size);
    assert_int_equal(head.kind, CTI_RECORD_EVENT);
    assert_int_equal(head.subject, subject);
    assert_int_equal(head.time, 123456789);
    assert_true(cti_get_values(&rest, ret_values, count));
}

static ctrace_value there_and_back(ctrace_value value) {
    ctrace_value read[CTI_RECORD_VALUES];
    read_record(write_record(&value, 1), read, 1);
    return read[0];
}

static void check_integer(uint64_t word, uint32_t kind) {
    const ctrace_value read = there_and_back(ctrace_i_box_u64_as(word, kind));
    assert_int_equal(read.kind, kind);
    assert_int_equal(read.as.u64, word);
}

static void integers_of_every_width(void **state) {
    (void)state;
    for (unsigned bit = 0; bit < 64; bit++) {
        const uint64_t power = (uint64_t)1 << bit;
        const uint64_t words[] = {power, power - 1, power + 1, ~power, ~power + 1, 0 - power};
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
            check_integer(words[i], CTRACE_VALUE_I64);
            check_integer(words[i], CTRACE_VALUE_U64);
            check_integer(words[i], CTRACE_VALUE_HEX);
            check_integer(words[i], CTRACE_VALUE_NS);
            check_integer(words[i], CTRACE_VALUE_ERRNO);
        }
    }
}

static void small_integers_are_small(void **state) {
    (void)state;
    static const unsigned char expected[] = {CTRACE_VALUE_I64 | 4 << 4, 0x9c, 0xff, 0xff, 0xff};
    const ctrace_value value = ctrace_i_box_i64(-100);
    assert_int_equal(write_record(&value, 1), 16);
    assert_memory_equal(bytes + CTI_RECORD_HEAD, expected, sizeof expected);
}

/* Others may write what we do not. */
static void numbers_of_any_width_are_read(void **state) {
    (void)state;
    const unsigned char given[] = {
        CTRACE_VALUE_I64 | 1 << 4, 0x9c, CTRACE_VALUE_U64 | 3 << 4, 1, 2, 0x03,
        CTRACE_VALUE_F64 | 1 << 4, 0};
    ctrace_value read[3];
    cti_get get = {.at = given, .end = given + sizeof given};
    assert_true(cti_get_values(&get, read, 3));
    assert_int_equal(read[0].as.i64, -100);
    assert_int_equal(read[1].as.u64, 0x030201);
    assert_true(read[2].as.f64 == 0.0);
}

/* The form is the same on every host. */
static void the_header_is_little_endian(void **state) {
    (void)state;
    static const unsigned char expected[] = {0x2b, 0x38, 0, 0x15, 0xcd, 0x5b, 0, 0};
    write_record(NULL, 0);
    assert_memory_equal(bytes, expected, sizeof expected);
}

static void the_high_bits_of_times_are_told_apart(void **state) {
    (void)state;
    static const uint64_t times[] = {0, 1, 0xffffff, 0x1000000, 123456789012345, UINT64_MAX >> 3};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        cti_record_head head;
        cti_get rest;
        cti_word_put64(bytes, cti_put_time(cti_record_time_base(times[i])));
        assert_true(cti_get_head(bytes, 8, 0, &head, &rest));
        assert_int_equal(head.kind, CTI_RECORD_TIME);
        assert_int_equal(head.size, CTI_RECORD_TIME_SIZE);
        assert_int_equal(head.time, times[i] & ~(uint64_t)0xffffff);
    }
}

/* Where the size or the subject does not fit into the header. */
static void what_is_large_has_a_longer_header(void **state) {
    (void)state;
    char text[1000];
    ctrace_value read[1];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    const ctrace_value values[] = {ctrace_i_box_strn(text, sizeof text), ctrace_i_box_i64(1)};
    for (size_t i = 0; i < 2; i++) {
        subject = i == 0 ? 7 : UINT32_MAX;
        const size_t size = write_record(&values[i], 1);
        assert_int_equal(size, i == 0 ? 16 + 3 + 1000 + 1 + 4 : 24);
        read_record(size, read, 1);
        assert_int_equal(read[0].size, values[i].size);
    }
    subject = 7;
}

/* What the README promises. */
static void a_common_event_takes_32_bytes(void **state) {
    (void)state;
    const ctrace_value values[] = {ctrace_i_box_i64(INT32_MIN), ctrace_i_box_f64(0.1),
                                   ctrace_i_box_strn("8 bytes!", 8)};
    assert_int_equal(write_record(values, 3), 32);
}

static void other_kinds(void **state) {
    (void)state;
    const double doubles[] = {0.0, -0.0, 1.5, INFINITY, -1e300, 5e-324};
    for (size_t i = 0; i < sizeof doubles / sizeof doubles[0]; i++) {
        const ctrace_value read = there_and_back(ctrace_i_box_f64(doubles[i]));
        assert_memory_equal(&read.as.f64, &doubles[i], sizeof(double));
    }
    ctrace_value flag = ctrace_i_box_u64_as(0, CTRACE_VALUE_BOOL);
    flag.as.boolean = true;
    assert_true(there_and_back(flag).as.boolean);
    flag.as.boolean = false;
    assert_false(there_and_back(flag).as.boolean);
    assert_int_equal(there_and_back(flag).kind, CTRACE_VALUE_BOOL);
    assert_int_equal(there_and_back(ctrace_i_box_empty()).kind, CTRACE_VALUE_EMPTY);
    const ctrace_value pointer = ctrace_i_box_address(bytes, 0, CTRACE_VALUE_POINTER);
    assert_ptr_equal(there_and_back(pointer).as.pointer, bytes);
}

static void strings_of_many_sizes(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 1, 7, 10, 11, 254, 255, 256, 257, 2000};
    char text[2001];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const ctrace_value read = there_and_back(ctrace_i_box_strn(text, sizes[i]));
        assert_int_equal(read.kind, CTRACE_VALUE_STRING);
        assert_int_equal(read.size, sizes[i]);
        assert_int_equal(strlen(read.as.string), sizes[i]); /* it has its NUL */
    }
    ctrace_value unmeasured = ctrace_i_box_strn("abc", 3);
    unmeasured.size = CTRACE_I_UNMEASURED;
    for (size_t i = 0; i < 20; i++) {
        unmeasured.as.string = text + sizeof text - 1 - i;
        assert_string_equal(there_and_back(unmeasured).as.string, unmeasured.as.string);
        assert_int_equal(there_and_back(unmeasured).size, i);
    }
    assert_null(there_and_back(ctrace_i_box_strn(NULL, 0)).as.string);
    assert_memory_equal(there_and_back(ctrace_i_box_bytes("a\0b", 3)).as.pointer, "a\0b", 4);
}

static ctrace_value mixed[] = {{{0}, 0, 0}, {{0}, 0, 0}, {{0}, 0, 0}, {{0}, 0, 0}};

static uint32_t mix(void) {
    mixed[0] = ctrace_i_box_i64(1234567);
    mixed[1] = ctrace_i_box_f64(2.5);
    mixed[2] = ctrace_i_box_strn("seven77", 7);
    mixed[3] = ctrace_i_box_u64(UINT64_MAX);
    return 4;
}

static void what_does_not_fit_is_refused(void **state) {
    (void)state;
    const uint32_t count = mix();
    const size_t enough = cti_put_size(CTI_RECORD_HEADER, mixed, count);
    for (size_t room = CTI_RECORD_HEADER + cti_put_fixed(count); room < enough; room++) {
        cti_put put;
        memset(bytes, 0xee, sizeof bytes);
        cti_put_begin(&put, bytes, room, room, 7);
        cti_put_values(&put, mixed, count);
        assert_true(put.at <= put.limit);
        assert_int_equal(bytes[room], 0xee);
    }
    cti_put put;
    cti_put_begin(&put, bytes, enough, enough, 7);
    assert_true(cti_put_values(&put, mixed, count));
}

static void a_lazy_text_must_be_written_first(void **state) {
    (void)state;
    const ctrace_value lazy = ctrace_i_box_lazy(NULL);
    cti_put put;
    cti_put_begin(&put, bytes, sizeof bytes, 64, 7);
    assert_false(cti_put_value(&put, &lazy));
}

static void every_truncation_is_noticed(void **state) {
    (void)state;
    ctrace_value read[CTI_RECORD_VALUES];
    const size_t size = write_record(mixed, mix());
    cti_put put;
    cti_put_begin(&put, bytes, sizeof bytes, 64, 7);
    cti_put_values(&put, mixed, 4);
    const unsigned char *end = put.at;
    write_record(mixed, 4);
    for (const unsigned char *cut = bytes + CTI_RECORD_HEAD; cut < end; cut++) {
        cti_get get = {bytes + CTI_RECORD_HEAD, cut};
        assert_false(cti_get_values(&get, read, 4));
    }
    cti_record_head head;
    cti_get rest;
    for (size_t cut = 0; cut < size; cut++) {
        assert_false(cti_get_head(bytes, cut, 0, &head, &rest));
    }
}

/* Under the address sanitizer, this reads no byte too many. */
static void no_corruption_leads_astray(void **state) {
    (void)state;
    const size_t size = write_record(mixed, mix());
    unsigned char copy[256];
    for (size_t i = 0; i < size; i++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            ctrace_value read[CTI_RECORD_VALUES];
            cti_record_head head;
            cti_get rest;
            memcpy(copy, bytes, size);
            copy[i] = (unsigned char)byte;
            if (cti_get_head(copy, size, 0, &head, &rest)) {
                assert_true(rest.end <= copy + size);
                if (cti_get_values(&rest, read, 4)) {
                    assert_true(rest.at <= rest.end);
                }
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_of_every_width),
        cmocka_unit_test(numbers_of_any_width_are_read),
        cmocka_unit_test(small_integers_are_small),
        cmocka_unit_test(the_header_is_little_endian),
        cmocka_unit_test(the_high_bits_of_times_are_told_apart),
        cmocka_unit_test(what_is_large_has_a_longer_header),
        cmocka_unit_test(a_common_event_takes_32_bytes),
        cmocka_unit_test(other_kinds),
        cmocka_unit_test(strings_of_many_sizes),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(a_lazy_text_must_be_written_first),
        cmocka_unit_test(every_truncation_is_noticed),
        cmocka_unit_test(no_corruption_leads_astray),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

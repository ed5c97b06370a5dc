/* A sum formed of what is written is the one that who reads it finds. */
#include "support/test.h"

#include <string.h>

#include "record/file.h"
#include "record/values.h"

enum { MOST = CTI_RECORD_VALUES * CTI_RECORD_VALUE_FIXED };

static unsigned char bytes[MOST];

/* Writes usual values, and says what they sum up to, as written and as read. */
static void check(const ctrace_value *values, size_t count) {
    cti_sum sum = 0;
    memset(bytes, 0xee, sizeof bytes);
    const unsigned char *end = cti_values_put_usual(bytes, &values, &count, &sum);
    assert_int_equal(count, 0);
    const size_t size = (size_t)(end - bytes);
    const size_t padded = cti_record_padded(size);
    memset(bytes + size, 0, padded - size);
    assert_int_equal(cti_sum_fold(cti_sum_padding(sum, size)),
                     cti_sum_fold(cti_sum_words(bytes, padded)));
}

static ctrace_value number(uint64_t word) {
    return (ctrace_value){.as.u64 = word, .kind = CTRACE_VALUE_U64};
}

static ctrace_value negative(int64_t n) {
    return (ctrace_value){.as.i64 = n, .kind = CTRACE_VALUE_I64};
}

static ctrace_value text(const char *string, uint32_t size) {
    return (ctrace_value){.as.string = string, .size = size, .kind = CTRACE_VALUE_STRING};
}

static void numbers_wherever_they_begin(void **state) {
    (void)state;
    for (unsigned bit = 0; bit < 64; bit++) {
        const uint64_t word = 0x9e3779b97f4a7c15u >> bit;
        const ctrace_value values[] = {number(word), number(~word), text("even", 4),
                                       number(word + 1)};
        for (size_t first = 0; first < 4; first++) {
            for (size_t count = 1; count <= 4 - first; count++) {
                check(values + first, count);
            }
        }
    }
}

static void negative_numbers_of_every_width(void **state) {
    (void)state;
    for (unsigned bit = 0; bit < 63; bit++) {
        const ctrace_value values[] = {negative(-1 - (int64_t)(UINT64_C(1) << bit)), negative(-7)};
        check(values, 1);
        check(values, 2);
    }
}

static void texts_of_every_short_size(void **state) {
    (void)state;
    static const char letters[] = "0123456789";
    for (uint32_t size = 0; size <= CTI_RECORD_TEXT_SHORT; size++) {
        const char *string = letters + (CTI_RECORD_TEXT_SHORT - size);
        const ctrace_value values[] = {number(7), text(string, CTRACE_I_UNMEASURED), number(8),
                                       text(letters, size), number(9)};
        for (size_t first = 0; first < 4; first++) {
            check(values + first, 5 - first);
        }
    }
}

static void no_wrong_byte_goes_unseen(void **state) {
    (void)state;
    const uint64_t serial = 0x123456789;
    enum { SIZE = 48 };
    for (unsigned i = 0; i < SIZE; i++) {
        bytes[i] = (unsigned char)(i * 37 + 11);
    }
    const uint64_t sum = cti_file_record_sum(cti_word_get64(bytes), bytes, SIZE, serial);
    for (unsigned i = 0; i < SIZE; i++) {
        if (i == 6 || i == 7) { /* the sum itself */
            continue;
        }
        for (unsigned wrong = 1; wrong < 256; wrong++) {
            bytes[i] = (unsigned char)(bytes[i] ^ wrong);
            assert_int_not_equal(cti_file_record_sum(cti_word_get64(bytes), bytes, SIZE, serial),
                                 sum);
            bytes[i] = (unsigned char)(bytes[i] ^ wrong);
        }
    }
    for (uint64_t other = serial + 1; other < serial + 65536; other += 127) {
        assert_int_not_equal(cti_file_record_sum(cti_word_get64(bytes), bytes, SIZE, other), sum);
    }
}

RUN(TEST(numbers_wherever_they_begin), TEST(negative_numbers_of_every_width),
    TEST(texts_of_every_short_size), TEST(no_wrong_byte_goes_unseen))

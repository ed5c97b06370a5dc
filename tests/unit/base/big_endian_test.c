#include "base/big_endian.h"

#include "support/test.h"

static void the_most_significant_byte_is_first(void **state) {
    (void)state;
    static const uint8_t expected[] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef};
    uint8_t bytes[8];
    cti_big_endian_put(bytes, 0x0123456789abcdef);
    assert_memory_equal(bytes, expected, sizeof expected);
    assert_true(cti_big_endian_get(bytes) == 0x0123456789abcdef);
}

RUN(TEST(the_most_significant_byte_is_first))

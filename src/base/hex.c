#include "base/hex.h"

#include <stddef.h>
#include <string.h>

/* Two digits at a time: what costs most in a line with identities is their 48 digits. */
static const char pairs[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
                            "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
                            "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
                            "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
                            "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
                            "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
                            "c0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
                            "e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";

void cti_hex_put_byte(char out[CTI_HEX_BYTE], uint8_t byte) {
    memcpy(out, pairs + (size_t)byte * 2, 2);
}

void cti_hex_put_word(char out[CTI_HEX_WORD], uint64_t word) {
    for (unsigned i = 0; i < 8; i++) {
        cti_hex_put_byte(out + (size_t)2 * i, (uint8_t)(word >> (56 - 8 * i)));
    }
}

enum { NO_DIGIT = 0x80 };

/* The digit's value plus one; 0, which is most of the table, is no digit. */
static const uint8_t values[256] = {
    ['0'] = 1, ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9, ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
};

/* Less than 16, or with NO_DIGIT set. */
static unsigned value_of(char digit) {
    return (values[(unsigned char)digit] - 1u) & (NO_DIGIT | 15u);
}

bool cti_hex_get_byte(const char in[CTI_HEX_BYTE], uint8_t *ret_byte) {
    const unsigned high = value_of(in[0]), low = value_of(in[1]);
    if (((high | low) & NO_DIGIT) != 0) {
        return false;
    }
    *ret_byte = (uint8_t)(high << 4 | low);
    return true;
}

bool cti_hex_get_word(const char in[CTI_HEX_WORD], uint64_t *ret_word) {
    uint64_t word = 0;
    unsigned any = 0; /* looked at once, at the end */
    for (size_t i = 0; i < CTI_HEX_WORD; i++) {
        const unsigned value = value_of(in[i]);
        any |= value;
        word = word << 4 | (value & 15u);
    }
    if ((any & NO_DIGIT) != 0) {
        return false;
    }
    *ret_word = word;
    return true;
}

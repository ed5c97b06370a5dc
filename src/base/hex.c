#include "base/hex.h"

#include <stddef.h>
#include <string.h>

#include "base/big_endian.h"

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

/* ---- Reading: eight digits at a time, one in each byte of a word ---- */

#define EACH_BYTE(byte) ((uint64_t)0x0101010101010101 * (byte))

static uint64_t load(const char *in) {
    return cti_big_endian_get((const uint8_t *)in);
}

/* The digits' values. Letters have bit 6, and their low half is less by 9. */
static uint64_t values_of(uint64_t digits) {
    return (digits & EACH_BYTE(15)) + (digits >> 6 & EACH_BYTE(1)) * 9;
}

/* Whether the values are those of digits, which then are written just so. */
static bool are_written(uint64_t values, uint64_t digits) {
    const uint64_t letters = (values + EACH_BYTE(128 - 10)) >> 7 & EACH_BYTE(1);
    return (values & EACH_BYTE(0xf0)) == 0 &&
           values + EACH_BYTE('0') + letters * ('a' - '0' - 10) == digits;
}

/* The low halves of the bytes, side by side. */
static uint64_t squeeze(uint64_t values) {
    values = (values | values >> 4) & 0x00ff00ff00ff00ff;
    values = (values | values >> 8) & 0x0000ffff0000ffff;
    return (values | values >> 16) & 0x00000000ffffffff;
}

bool cti_hex_get_word(const char in[CTI_HEX_WORD], uint64_t *ret_word) {
    const uint64_t first = load(in), last = load(in + 8);
    const uint64_t high = values_of(first), low = values_of(last);
    if (!are_written(high, first) || !are_written(low, last)) {
        return false;
    }
    *ret_word = squeeze(high) << 32 | squeeze(low);
    return true;
}

bool cti_hex_get_byte(const char in[CTI_HEX_BYTE], uint8_t *ret_byte) {
    const uint64_t digits =
        EACH_BYTE('0') << 16 | (uint64_t)(unsigned char)in[0] << 8 | (unsigned char)in[1];
    const uint64_t values = values_of(digits);
    if (!are_written(values, digits)) {
        return false;
    }
    *ret_byte = (uint8_t)squeeze(values);
    return true;
}

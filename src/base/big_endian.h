/* 64-bit words as eight bytes, the most significant first. Spelled out, so that compilers see the
 * one load or store that it is. */
#ifndef CTI_BASE_BIG_ENDIAN_H
#define CTI_BASE_BIG_ENDIAN_H

#include <stdint.h>

static inline uint64_t cti_big_endian_get(const uint8_t bytes[8]) {
    return (uint64_t)bytes[0] << 56 | (uint64_t)bytes[1] << 48 | (uint64_t)bytes[2] << 40 |
           (uint64_t)bytes[3] << 32 | (uint64_t)bytes[4] << 24 | (uint64_t)bytes[5] << 16 |
           (uint64_t)bytes[6] << 8 | (uint64_t)bytes[7];
}

static inline void cti_big_endian_put(uint8_t bytes[8], uint64_t word) {
    bytes[0] = (uint8_t)(word >> 56);
    bytes[1] = (uint8_t)(word >> 48);
    bytes[2] = (uint8_t)(word >> 40);
    bytes[3] = (uint8_t)(word >> 32);
    bytes[4] = (uint8_t)(word >> 24);
    bytes[5] = (uint8_t)(word >> 16);
    bytes[6] = (uint8_t)(word >> 8);
    bytes[7] = (uint8_t)word;
}

#endif

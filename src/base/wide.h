/* The 128-bit product of two 64-bit numbers, also where the machine or compiler has none. */
#ifndef CTI_BASE_WIDE_H
#define CTI_BASE_WIDE_H

#include <stdint.h>

typedef struct cti_wide {
    uint64_t high, low;
} cti_wide;

/* Schoolbook multiplication in halves of 32 bits. No sum overflows: each is at most
 * (2^32 - 1)^2 + 2 * (2^32 - 1) = 2^64 - 1. */
static inline cti_wide cti_multiply_halves(uint64_t a, uint64_t b) {
    uint64_t a_high = a >> 32, a_low = a & UINT32_MAX;
    uint64_t b_high = b >> 32, b_low = b & UINT32_MAX;
    uint64_t low = a_low * b_low;
    uint64_t cross = a_high * b_low + (low >> 32);
    uint64_t middle = a_low * b_high + (cross & UINT32_MAX);
    return (cti_wide){
        .high = a_high * b_high + (cross >> 32) + (middle >> 32),
        .low = middle << 32 | (low & UINT32_MAX),
    };
}

static inline cti_wide cti_multiply(uint64_t a, uint64_t b) {
#if defined(__SIZEOF_INT128__)
    __extension__ typedef unsigned __int128 u128;
    u128 product = (u128)a * b;
    return (cti_wide){.high = (uint64_t)(product >> 64), .low = (uint64_t)product};
#else
    return cti_multiply_halves(a, b);
#endif
}

#endif

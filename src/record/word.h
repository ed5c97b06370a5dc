/* Little-endian numbers at any address. */
#ifndef CTI_RECORD_WORD_H
#define CTI_RECORD_WORD_H

#include <stdint.h>
#include <string.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__

static inline void cti_word_put64(unsigned char *at, uint64_t word) {
    memcpy(at, &word, sizeof word);
}

static inline void cti_word_put32(unsigned char *at, uint32_t word) {
    memcpy(at, &word, sizeof word);
}

static inline uint64_t cti_word_get64(const unsigned char *at) {
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

static inline uint32_t cti_word_get32(const unsigned char *at) {
    uint32_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

#else

static inline void cti_word_put64(unsigned char *at, uint64_t word) {
    for (unsigned i = 0; i < 8; i++) {
        at[i] = (unsigned char)(word >> (8 * i));
    }
}

static inline void cti_word_put32(unsigned char *at, uint32_t word) {
    for (unsigned i = 0; i < 4; i++) {
        at[i] = (unsigned char)(word >> (8 * i));
    }
}

static inline uint64_t cti_word_get64(const unsigned char *at) {
    uint64_t word = 0;
    for (unsigned i = 0; i < 8; i++) {
        word |= (uint64_t)at[i] << (8 * i);
    }
    return word;
}

static inline uint32_t cti_word_get32(const unsigned char *at) {
    uint32_t word = 0;
    for (unsigned i = 0; i < 4; i++) {
        word |= (uint32_t)at[i] << (8 * i);
    }
    return word;
}

#endif

#endif

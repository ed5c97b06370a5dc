/* The sum that says whether a record is what was written: the exclusive or of its 16-bit words.
 *
 * So no single wrong byte goes unseen, as no burst of 16 bits does, and anything else with a
 * probability of 2^-16. More rotations would see more, but this one can be formed of the pieces
 * that a record is written in, while they are still in registers: who reads them together where
 * they were just written waits until each has reached the cache, longer than it takes to write
 * them.
 *
 * Pieces follow each other as bytes; a sum is kept in 64 bits, and folded in the end. It is turned
 * by a byte where a piece leaves it at an odd place. */
#ifndef CTI_RECORD_SUM_H
#define CTI_RECORD_SUM_H

#include <stddef.h>

#include "base/inline.h"
#include "record/word.h"

typedef uint64_t cti_sum;

static inline cti_sum cti_sum_turn(cti_sum sum) {
    return sum << 8 | sum >> 56;
}

/* One more byte. */
static inline cti_sum cti_sum_byte(cti_sum sum, unsigned byte) {
    return cti_sum_turn(sum ^ byte);
}

/* A number of 2, 4 or 8 bytes more. */
static inline cti_sum cti_sum_number(cti_sum sum, uint64_t number) {
    return sum ^ number;
}

/* A text of less than 15 bytes more, with its NUL. For a size that the compiler knows these are a
 * few instructions. */
static CTI_ALWAYS_INLINE cti_sum cti_sum_short_text(cti_sum sum, const char *text, size_t size) {
    const unsigned char *at = (const unsigned char *)text;
    const size_t whole = size + 1;
    if ((whole & 8) != 0) {
        sum ^= cti_word_get64(at);
    }
    at += whole & 8;
    if ((whole & 4) != 0) {
        sum ^= cti_word_get32(at);
    }
    at += whole & 4;
    if ((whole & 2) != 0) {
        sum ^= at[0] | (unsigned)at[1] << 8;
    }
    return (whole & 1) != 0 ? cti_sum_turn(sum) : sum; /* the NUL itself changes nothing */
}

/* The zeros that pad a record of `size` bytes. */
static inline cti_sum cti_sum_padding(cti_sum sum, size_t size) {
    return (size & 1) != 0 ? cti_sum_turn(sum) : sum;
}

/* Of `size` bytes, a multiple of 8. */
static inline cti_sum cti_sum_words(const unsigned char *words, size_t size) {
    cti_sum sum = 0;
    for (size_t i = 0; i < size; i += 8) {
        sum ^= cti_word_get64(words + i);
    }
    return sum;
}

/* The 16 bits, in the low ones. */
static inline uint64_t cti_sum_fold(cti_sum sum) {
    sum ^= sum >> 32;
    return (sum ^ sum >> 16) & 0xffff;
}

#endif

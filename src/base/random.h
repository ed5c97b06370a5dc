/* Random numbers for identities: fast, seeded by the system, not for secrets. */
#ifndef CTI_BASE_RANDOM_H
#define CTI_BASE_RANDOM_H

#include <stdint.h>

#include "ctrace/detail/compiler.h"

typedef struct cti_random {
    uint64_t word[2]; /* both 0: not seeded yet */
} cti_random;

/* The next number, seeding the generator first where that is still to do. xoroshiro128++ (Blackman
 * and Vigna, "Scrambled linear pseudorandom number generators", 2021). Threads: one generator, one
 * thread. */
uint64_t cti_random_next(cti_random *random);

/* Numbers of which none comes twice in 2^64, and which look random: for what is numbered often. */
typedef struct cti_sequence {
    uint64_t state; /* to begin with, a random number */
} cti_sequence;

/* The next number; never 0. A Weyl sequence (it adds the golden ratio), scrambled by one round of
 * "xorshift, multiply, xorshift", which no two states have in common. */
static inline uint64_t cti_sequence_next(cti_sequence *sequence) {
    sequence->state += 0x9e3779b97f4a7c15u;
    if (CTRACE_I_UNLIKELY(sequence->state == 0)) { /* the only one of which 0 is made */
        sequence->state += 0x9e3779b97f4a7c15u;
    }
    const uint64_t word = (sequence->state ^ (sequence->state >> 32)) * 0xd6e8feb86659fd93u;
    return word ^ (word >> 32);
}

#endif

/* Random numbers for identities: fast, seeded by the system, not for secrets. */
#ifndef CTI_BASE_RANDOM_H
#define CTI_BASE_RANDOM_H

#include <stdint.h>

typedef struct cti_random {
    uint64_t word[2]; /* both 0: not seeded yet */
} cti_random;

/* The next number, seeding the generator first where that is still to do. xoroshiro128++ (Blackman
 * and Vigna, "Scrambled linear pseudorandom number generators", 2021). Threads: one generator, one
 * thread. */
uint64_t cti_random_next(cti_random *random);

#endif

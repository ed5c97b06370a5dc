#include "base/random.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/random.h>
#endif

#include "base/clock.h"

static bool read_system(void *bytes, size_t size) {
#if defined(__linux__)
    if (getrandom(bytes, size, GRND_NONBLOCK) == (ssize_t)size) {
        return true;
    }
#endif
    const int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    const bool whole = read(fd, bytes, size) == (ssize_t)size;
    close(fd);
    return whole;
}

/* Spreads a poor seed over a word: the finaliser of SplitMix64 (Steele, Lea and Flood, 2014). */
static uint64_t spread(uint64_t word) {
    word += 0x9e3779b97f4a7c15u;
    word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9u;
    word = (word ^ (word >> 27)) * 0x94d049bb133111ebu;
    return word ^ (word >> 31);
}

static void seed(cti_random *random) {
    if (!read_system(random->word, sizeof random->word)) {
        random->word[0] = spread(cti_clock_realtime_ns() ^ (uint64_t)getpid());
        random->word[1] = spread(cti_clock_monotonic_ns() ^ (uint64_t)(uintptr_t)random);
    }
    if ((random->word[0] | random->word[1]) == 0) {
        random->word[0] = 1; /* the one state that would stay as it is */
    }
}

static uint64_t rotate_left(uint64_t word, unsigned by) {
    return (word << by) | (word >> (64 - by));
}

uint64_t cti_random_next(cti_random *random) {
    if ((random->word[0] | random->word[1]) == 0) {
        seed(random);
    }
    const uint64_t low = random->word[0];
    const uint64_t high = random->word[1] ^ low;
    const uint64_t result = rotate_left(low + random->word[1], 17) + low;
    random->word[0] = rotate_left(low, 49) ^ high ^ (high << 21);
    random->word[1] = rotate_left(high, 28);
    return result;
}

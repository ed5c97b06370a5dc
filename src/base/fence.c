#include "base/fence.h"

#include "base/atomic.h"

#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

enum { UNKNOWN, ASYMMETRIC, SYMMETRIC };
static int kind = UNKNOWN;

#if defined(__linux__) && defined(SYS_membarrier)

enum { /* <linux/membarrier.h>, which older headers lack */
       PRIVATE_EXPEDITED = 1 << 3,
       REGISTER_PRIVATE_EXPEDITED = 1 << 4,
};

static bool membarrier(int command) {
    return syscall(SYS_membarrier, command, 0, 0) == 0;
}

static int find_kind(void) {
    const bool works = membarrier(REGISTER_PRIVATE_EXPEDITED) && membarrier(PRIVATE_EXPEDITED);
    return works ? ASYMMETRIC : SYMMETRIC;
}

#else

static bool membarrier(int command) {
    (void)command;
    return false;
}

enum { PRIVATE_EXPEDITED };

static int find_kind(void) {
    return SYMMETRIC;
}

#endif

bool cti_light_fence_is_heavy(void) {
    if (cti_load_relaxed(&kind) == UNKNOWN) {
        cti_store_relaxed(&kind, find_kind()); /* every thread finds the same */
    }
    return cti_load_relaxed(&kind) == SYMMETRIC;
}

void cti_heavy_fence(void) {
    if (!cti_light_fence_is_heavy()) {
        membarrier(PRIVATE_EXPEDITED);
    }
    cti_fence();
}

#include "base/held.h"

#if defined(__has_include)
#if __has_include(<sys/file.h>)
#include <sys/file.h>
#endif
#endif

#if defined(LOCK_EX)

void cti_hold(int fd) {
    (void)flock(fd, LOCK_EX | LOCK_NB); /* nobody else has it; where there are no locks, no harm */
}

/* Who asks shares the lock with others who do, and gives it back. */
bool cti_is_held(int fd) {
    if (flock(fd, LOCK_SH | LOCK_NB) != 0) {
        return true;
    }
    (void)flock(fd, LOCK_UN);
    return false;
}

#else

void cti_hold(int fd) {
    (void)fd;
}

bool cti_is_held(int fd) {
    (void)fd;
    return true;
}

#endif

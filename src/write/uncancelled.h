/* Cancellation put off: a thread that is cancelled inside a write would leave the writer's lock
 * taken. Done where something may block, not around every write into a buffer, which would cost as
 * much as the write. */
#ifndef CTI_WRITE_UNCANCELLED_H
#define CTI_WRITE_UNCANCELLED_H

#include <pthread.h>

/* Returns what to hand to cti_cancel_restore(). Nests. */
static inline int cti_cancel_off(void) {
    int before = PTHREAD_CANCEL_ENABLE;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    return before;
}

static inline void cti_cancel_restore(int before) {
    pthread_setcancelstate(before, NULL);
}

#endif

/* The library's one timer thread: there while there are timers, asleep until the first is due. */
#ifndef CTI_WRITE_TIMER_H
#define CTI_WRITE_TIMER_H

#include <stdbool.h>
#include <stdint.h>

typedef struct cti_timer cti_timer;
struct cti_timer {
    void (*fire)(void *argument); /* on the timer thread, one at a time; may arm timers again */
    void *argument;
    uint64_t due_ns; /* monotonic clock; 0 while not armed */
    cti_timer *next;
};

/* Enters the timer, unarmed. False when the thread cannot be started. */
bool cti_timer_add(cti_timer *timer);

/* Has `fire` called once, at that time of the monotonic clock. In a forked child this starts the
 * thread again; false when it cannot be started. */
bool cti_timer_arm(cti_timer *timer, uint64_t due_ns);

/* Takes the timer out. When this returns `fire` is not running; after the last one the thread has
 * ended. Not from `fire`, nor with a lock held that `fire` takes. */
void cti_timer_remove(cti_timer *timer);

#endif

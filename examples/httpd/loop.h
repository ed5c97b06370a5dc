/* An event loop: coroutines that wait for descriptors, and epoll behind them. One thread runs it,
 * and all of its coroutines. */
#ifndef HTTPD_LOOP_H
#define HTTPD_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct waiter; /* a coroutine that waits */

/* A descriptor that epoll tells the changes of. */
struct watch {
    struct waiter *waiter; /* NULL while nobody waits for it */
};

enum wake {
    WAKE_READY,   /* there may be something to read, or room to write: try */
    WAKE_TIMEOUT, /* the deadline has passed */
    WAKE_STOP,    /* the loop is to end */
};

struct loop {
    int epoll;
    uint64_t now;     /* monotonic, in ns: when it looked last */
    uint64_t stop_by; /* when even what is busy must end; 0: nobody has asked */
    struct waiter *waiting;
    struct waiter *ready, **ready_end; /* in the order in which they were woken */
    unsigned coroutines;               /* begun, and not ended */
    unsigned timed;                    /* of what waits: with a deadline */
};

/* stop  A descriptor that becomes readable when loops are to end. False with errno. */
bool loop_begin(struct loop *ret_loop, int stop);
void loop_end(struct loop *loop);

/* Runs function(argument) as a coroutine of this loop, soon. False when there is no memory. */
bool loop_start(struct loop *loop, void (*function)(void *), void *argument);

/* Until every coroutine has ended. */
void loop_run(struct loop *loop);

/* From here on epoll tells the changes of `fd` to `watch`; until it is closed. False with errno. */
bool loop_watch(struct loop *loop, int fd, struct watch *watch);

/* The same for a listening socket that several loops watch: one of them is told. */
bool loop_watch_shared(struct loop *loop, int fd, struct watch *watch);

/* Suspends the coroutine until something changes. What is idle gives way at once when the loop is
 * to end.
 *
 * deadline  As `now` counts; 0: none. */
enum wake loop_wait(struct loop *loop, struct watch *watch, uint64_t deadline, bool idle);

#endif

#include "loop.h"

#include <stddef.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "coroutine.h"

enum { TICK_MS = 250 }; /* how exact deadlines are */
enum { MOST_EVENTS = 128 };

static const uint64_t grace_ns = 3000000000; /* for what is busy when the loop is to end */

/* Lies on the coroutine's stack. */
struct waiter {
    struct coroutine *coroutine;
    struct watch *watch;
    uint64_t deadline;
    bool idle;
    enum wake wake;
    struct waiter *next, **link; /* of `waiting`, or of `ready` */
};

static void look_at_the_clock(struct loop *loop) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    loop->now = (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* ---- What becomes ready ---- */

static void make_ready(struct loop *loop, struct waiter *waiter) {
    waiter->next = NULL;
    *loop->ready_end = waiter;
    loop->ready_end = &waiter->next;
}

static void wake(struct loop *loop, struct waiter *waiter, enum wake why) {
    *waiter->link = waiter->next;
    if (waiter->next != NULL) {
        waiter->next->link = waiter->link;
    }
    waiter->watch->waiter = NULL;
    waiter->wake = why;
    loop->timed -= waiter->deadline != 0;
    make_ready(loop, waiter);
}

static bool gives_way(const struct loop *loop, bool idle) {
    return loop->stop_by != 0 && (idle || loop->now >= loop->stop_by);
}

static void wake_what_is_late(struct loop *loop) {
    struct waiter *next;
    for (struct waiter *waiter = loop->waiting; waiter != NULL; waiter = next) {
        next = waiter->next;
        if (gives_way(loop, waiter->idle)) {
            wake(loop, waiter, WAKE_STOP);
        } else if (waiter->deadline != 0 && waiter->deadline <= loop->now) {
            wake(loop, waiter, WAKE_TIMEOUT);
        }
    }
}

enum wake loop_wait(struct loop *loop, struct watch *watch, uint64_t deadline, bool idle) {
    if (gives_way(loop, idle)) {
        return WAKE_STOP;
    }
    struct waiter self = {coroutine_here(), watch,         deadline,      idle,
                          WAKE_READY,       loop->waiting, &loop->waiting};
    if (self.next != NULL) {
        self.next->link = &self.next;
    }
    loop->waiting = &self;
    loop->timed += deadline != 0;
    watch->waiter = &self;
    coroutine_yield();
    return self.wake;
}

/* ---- Coroutines ---- */

static void resume(struct loop *loop, struct coroutine *coroutine) {
    if (!coroutine_resume(coroutine)) {
        loop->coroutines--;
    }
}

bool loop_start(struct loop *loop, void (*function)(void *), void *argument) {
    struct coroutine *coroutine = coroutine_new(function, argument);
    if (coroutine == NULL) {
        return false;
    }
    loop->coroutines++;
    resume(loop, coroutine);
    return true;
}

/* Nobody who is resumed wakes or ends another: so what is in the list stays there for its turn. */
static void resume_what_is_ready(struct loop *loop) {
    while (loop->ready != NULL) {
        struct waiter *waiter = loop->ready;
        loop->ready = waiter->next;
        if (loop->ready == NULL) {
            loop->ready_end = &loop->ready;
        }
        resume(loop, waiter->coroutine);
    }
}

/* ---- The loop ---- */

static void stop(struct loop *loop) {
    if (loop->stop_by == 0) {
        loop->stop_by = loop->now + grace_ns;
    }
}

/* Only while a deadline has to be kept it wakes up by itself. */
static void look(struct loop *loop) {
    struct epoll_event events[MOST_EVENTS];
    const bool timed = loop->timed > 0 || loop->stop_by != 0;
    const int count = epoll_wait(loop->epoll, events, MOST_EVENTS, timed ? TICK_MS : -1);
    look_at_the_clock(loop);
    for (int i = 0; i < count; i++) {
        struct watch *watch = events[i].data.ptr;
        if (watch == NULL) {
            stop(loop);
        } else if (watch->waiter != NULL) {
            wake(loop, watch->waiter, WAKE_READY);
        }
    }
}

void loop_run(struct loop *loop) {
    uint64_t last_tick = loop->now;
    while (loop->coroutines > 0) {
        look(loop);
        if (loop->now - last_tick >= (uint64_t)TICK_MS * 1000000 || loop->stop_by != 0) {
            wake_what_is_late(loop);
            last_tick = loop->now;
        }
        resume_what_is_ready(loop);
    }
}

static bool watch_for(struct loop *loop, int fd, struct watch *watch, uint32_t changes) {
    struct epoll_event event = {.events = changes | EPOLLET, .data.ptr = watch};
    return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

bool loop_watch(struct loop *loop, int fd, struct watch *watch) {
    return watch_for(loop, fd, watch, EPOLLIN | EPOLLOUT | EPOLLRDHUP);
}

bool loop_watch_shared(struct loop *loop, int fd, struct watch *watch) {
    return watch_for(loop, fd, watch, EPOLLIN | EPOLLEXCLUSIVE);
}

bool loop_begin(struct loop *ret_loop, int stop_fd) {
    *ret_loop = (struct loop){.epoll = epoll_create1(EPOLL_CLOEXEC)};
    ret_loop->ready_end = &ret_loop->ready;
    look_at_the_clock(ret_loop);
    return ret_loop->epoll >= 0 && watch_for(ret_loop, stop_fd, NULL, EPOLLIN);
}

void loop_end(struct loop *loop) {
    if (loop->epoll >= 0) {
        close(loop->epoll);
    }
}

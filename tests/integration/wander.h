/* Coroutines that wander between threads: each opens and closes spans at random, yields inside
 * them, and knows where it must stand; each thread resumes at random one that nobody runs. */
#ifndef CTRACE_TESTS_WANDER_H
#define CTRACE_TESTS_WANDER_H

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "integration/fiber.h"

enum { WANDER_DEPTH = 6, WANDERERS = 48, WANDER_THREADS = 2 };

typedef struct wanderer {
    fiber *fiber;
    unsigned number, left; /* yields to come */
    uint64_t random;
    ctrace_span *around;              /* the model: where it must stand, */
    ctrace_span *stack[WANDER_DEPTH]; /* in which spans of its own, */
    const char *names[WANDER_DEPTH];  /* called so */
    unsigned depth;
    unsigned wrong;   /* how often it stood elsewhere */
    const void *last; /* the thread that resumed it last */
} wanderer;

typedef struct wandering {
    pthread_mutex_t lock;
    wanderer all[WANDERERS];
    wanderer *ready[WANDERERS]; /* those that nobody runs */
    unsigned ready_count, done_count;
    atomic_ulong switches, migrations;
    atomic_uint wrong; /* how often a thread stood elsewhere */
} wandering;

/* Marsaglia's xorshift64. */
static inline uint64_t wander_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* ---- The model ---- */

static inline bool wander_text_is_right(const wanderer *self) {
    char text[2048], line[64];
    const char *at = text;
    if (ctrace_span_trace(text, sizeof text) >= sizeof text) {
        return false;
    }
    if (self->around == NULL) { /* nobody listens */
        return text[0] == '\0';
    }
    for (unsigned depth = self->depth; depth > 0; depth--) {
        const int size = snprintf(line, sizeof line, "%s{number=%u depth=%u} at ",
                                  self->names[depth - 1], self->number, depth);
        if (strncmp(at, line, (size_t)size) != 0) {
            return false;
        }
        at = strchr(at, '\n') + 1;
    }
    return strncmp(at, "around at ", 10) == 0;
}

static inline void wander_check(wanderer *self) {
    const ctrace_span *expected = self->depth > 0 ? self->stack[self->depth - 1] : self->around;
    const bool right =
        ctrace_span_current() == expected && (self->left % 64 != 0 || wander_text_is_right(self));
    self->wrong += right ? 0 : 1;
}

/* ---- A coroutine ---- */

static void wander_inside(wanderer *self, const char *name);

static inline void wander_scoped(wanderer *self) {
    TRACE_SPAN("scoped", ("number", self->number), ("depth", self->depth + 1));
    wander_inside(self, "scoped");
}

static inline void wander_block(wanderer *self) {
    TRACE_BLOCK("block", ("number", self->number), ("depth", self->depth + 1)) {
        wander_inside(self, "block");
    }
}

static inline void wander_detached(wanderer *self) {
    ctrace_span *span =
        TRACE_SPAN_NEW("detached", ("number", self->number), ("depth", self->depth + 1));
    TRACE_IN(span) {
        wander_inside(self, "detached");
    }
    ctrace_span_unref(span);
}

static inline void wander_attached(wanderer *self) {
    ctrace_context *context = ctrace_context_capture();
    TRACE_ATTACHED(context) {
        wander_scoped(self);
    }
    ctrace_context_release(context);
}

/* Yields, and now and then opens or leaves a span. */
static inline void wander_on(wanderer *self) {
    static void (*const deeper[])(wanderer *) = {wander_scoped, wander_block, wander_detached,
                                                 wander_attached};
    while (self->left > 0) {
        const uint64_t dice = wander_random(&self->random) % 16;
        if (dice < 4 && self->depth < WANDER_DEPTH) {
            deeper[dice](self);
        } else if (dice < 8 && self->depth > 0) {
            return;
        } else {
            TRACE_INFO("step", ("number", self->number), ("left", self->left));
            self->left -= 1;
            fiber_yield(self->fiber);
        }
        wander_check(self);
    }
}

static void wander_inside(wanderer *self, const char *name) {
    self->stack[self->depth] = ctrace_span_current();
    self->names[self->depth] = name;
    self->depth += 1;
    wander_check(self);
    wander_on(self);
    self->depth -= 1;
}

static inline void wander_body(fiber *coroutine) {
    wanderer *self = coroutine->argument;
    wander_check(self);
    while (self->left > 0) {
        wander_on(self);
    }
}

/* ---- Threads ---- */

static inline wanderer *wander_take(wandering *all, uint64_t *random) {
    wanderer *taken = NULL;
    pthread_mutex_lock(&all->lock);
    if (all->ready_count > 0) {
        const unsigned at = (unsigned)(wander_random(random) % all->ready_count);
        taken = all->ready[at];
        all->ready[at] = all->ready[--all->ready_count];
    }
    pthread_mutex_unlock(&all->lock);
    return taken;
}

/* True when that was the last one. */
static inline bool wander_give(wandering *all, wanderer *self) {
    pthread_mutex_lock(&all->lock);
    if (self->fiber->done) {
        all->done_count += 1;
    } else {
        all->ready[all->ready_count++] = self;
    }
    const bool over = all->done_count == WANDERERS;
    pthread_mutex_unlock(&all->lock);
    return over;
}

static inline bool wander_is_over(wandering *all) {
    pthread_mutex_lock(&all->lock);
    const bool over = all->done_count == WANDERERS;
    pthread_mutex_unlock(&all->lock);
    return over;
}

/* A thread has spans of its own, which the coroutines must not see, nor disturb. */
static inline void *wander_schedule(void *argument) {
    wandering *all = argument;
    uint64_t random = (uintptr_t)&random | 1;
    TRACE_SPAN_AS(mine, "scheduler");
    for (bool over = false; !over;) {
        wanderer *next = wander_take(all, &random);
        if (next == NULL) {
            sched_yield();
            over = wander_is_over(all);
            continue;
        }
        atomic_fetch_add(&all->migrations, next->last != NULL && next->last != &random);
        next->last = &random;
        TRACE_INFO("resume", ("number", next->number));
        fiber_resume(next->fiber);
        atomic_fetch_add(&all->switches, 1);
        atomic_fetch_add(&all->wrong, ctrace_span_current() != mine);
        over = wander_give(all, next);
    }
    return NULL;
}

/* Has all wander, inside a span "around", until each has yielded so often. False when there is no
 * memory, or there are no threads. */
static inline bool wander(wandering *all, unsigned yields) {
    TRACE_SPAN_AS(around, "around");
    pthread_t threads[WANDER_THREADS];
    unsigned started = 0;
    memset(all, 0, sizeof *all);
    pthread_mutex_init(&all->lock, NULL);
    for (unsigned i = 0; i < WANDERERS; i++) {
        wanderer *self = &all->all[i];
        *self = (wanderer){.number = i, .left = yields, .random = i + 1, .around = around};
        self->fiber = fiber_new(wander_body, self);
        if (self->fiber == NULL) {
            return false;
        }
        all->ready[all->ready_count++] = self;
    }
    while (started < WANDER_THREADS &&
           pthread_create(&threads[started], NULL, wander_schedule, all) == 0) {
        started += 1;
    }
    for (unsigned i = 0; i < started; i++) {
        pthread_join(threads[i], NULL);
    }
    for (unsigned i = 0; i < WANDERERS; i++) {
        atomic_fetch_add(&all->wrong, all->all[i].wrong);
        fiber_free(all->all[i].fiber);
    }
    pthread_mutex_destroy(&all->lock);
    return started == WANDER_THREADS;
}

#endif

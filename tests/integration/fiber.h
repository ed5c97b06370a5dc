/* Coroutines by hand, for the tests: ucontext on stacks of their own, each with a ctrace_task. That
 * is all a scheduler does for libctrace; the rest tells the sanitizers which stack is in use. */
#ifndef CTRACE_TESTS_FIBER_H
#define CTRACE_TESTS_FIBER_H

#include <stdlib.h>
#include <ucontext.h>

#include "ctrace/context.h"
#include "integration/fiber_sanitized.h"

enum { FIBER_STACK = 256 * 1024 };

typedef struct fiber fiber;
struct fiber {
    ucontext_t own, resumer;
    ctrace_task *task;
    void (*body)(fiber *self);
    void *argument; /* the body's own */
    bool done;
    fiber_stacks stacks;
    char stack[FIBER_STACK];
};

/* The first thing on the new stack; makecontext() passes integers only. */
static inline void fiber_begin(unsigned high, unsigned low) {
    fiber *self = (fiber *)(uintptr_t)((uint64_t)high << 32 | low);
    fiber_arrived(&self->stacks);
    self->body(self);
    self->done = true;
    fiber_leaves_for_ever(&self->stacks);
    swapcontext(&self->own, &self->resumer);
}

/* A coroutine, child of the current span, that has not begun yet; NULL when there is no memory. */
static inline fiber *fiber_new(void (*body)(fiber *), void *argument) {
    fiber *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return NULL;
    }
    self->body = body;
    self->argument = argument;
    self->task = ctrace_task_new();
    getcontext(&self->own);
    self->own.uc_stack.ss_sp = self->stack;
    self->own.uc_stack.ss_size = sizeof self->stack;
    fiber_stacks_begin(&self->stacks, self->stack, sizeof self->stack);
    const uint64_t address = (uintptr_t)self;
    makecontext(&self->own, (void (*)(void))fiber_begin, 2, (unsigned)(address >> 32),
                (unsigned)address);
    return self;
}

/* Runs it until it yields or is done. Threads: any, one at a time. */
static inline void fiber_resume(fiber *self) {
    ctrace_task_resume(self->task);
    fiber_resumes(&self->stacks);
    swapcontext(&self->resumer, &self->own);
    fiber_resumed(&self->stacks);
    ctrace_task_suspend(self->task);
}

/* Back to who resumed it; returns when it is resumed again, on whichever thread. */
static inline void fiber_yield(fiber *self) {
    fiber_leaves(&self->stacks);
    swapcontext(&self->own, &self->resumer);
    fiber_arrived(&self->stacks);
}

static inline void fiber_free(fiber *self) {
    ctrace_task_free(self->task);
    fiber_stacks_end(&self->stacks);
    free(self);
}

#endif

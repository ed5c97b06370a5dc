#include "coroutine.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "ctrace/context.h"
#include "fiber.h"

enum { STACK_BYTES = 512 * 1024 }; /* of address space: what is not touched takes no memory */

struct coroutine {
    ucontext_t context, resumer;
    struct fiber fiber, resumer_fiber;
    ctrace_task *task;
    void (*function)(void *);
    void *argument;
    char *stack;
    bool ended;
};

static _Thread_local struct coroutine *here;

struct coroutine *coroutine_here(void) {
    return here;
}

/* ---- Stacks: below each lies a page that nobody may touch ---- */

static size_t guard_bytes(void) {
    return (size_t)sysconf(_SC_PAGESIZE);
}

static char *stack_new(void) {
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK;
    char *mapping = mmap(NULL, guard_bytes() + STACK_BYTES, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (mapping == MAP_FAILED) {
        return NULL;
    }
    if (mprotect(mapping, guard_bytes(), PROT_NONE) != 0) {
        munmap(mapping, guard_bytes() + STACK_BYTES);
        return NULL;
    }
    return mapping + guard_bytes();
}

static void stack_free(char *stack) {
    munmap(stack - guard_bytes(), guard_bytes() + STACK_BYTES);
}

/* ---- Changing stacks ---- */

static void begin(void) {
    struct coroutine *self = here;
    fiber_arrive(&self->fiber, &self->resumer_fiber);
    self->function(self->argument);
    self->ended = true;
    fiber_leave(NULL, &self->resumer_fiber);
    setcontext(&self->resumer);
}

static void prepare(struct coroutine *self) {
    getcontext(&self->context);
    self->context.uc_stack.ss_sp = self->stack;
    self->context.uc_stack.ss_size = STACK_BYTES;
    makecontext(&self->context, begin, 0);
}

struct coroutine *coroutine_new(void (*function)(void *), void *argument) {
    struct coroutine *self = calloc(1, sizeof *self);
    char *stack = self == NULL ? NULL : stack_new();
    if (stack == NULL) {
        free(self);
        return NULL;
    }
    self->stack = stack;
    self->function = function;
    self->argument = argument;
    self->task = ctrace_task_new(); /* without one it runs all the same */
    fiber_begin(&self->fiber, stack, STACK_BYTES);
    prepare(self);
    return self;
}

static void coroutine_free(struct coroutine *self) {
    ctrace_task_free(self->task);
    fiber_end(&self->fiber);
    stack_free(self->stack);
    free(self);
}

bool coroutine_resume(struct coroutine *self) {
    struct coroutine *resumer = here;
    fiber_of_thread(&self->resumer_fiber);
    ctrace_task_resume(self->task);
    here = self;
    fiber_leave(&self->resumer_fiber, &self->fiber);
    swapcontext(&self->resumer, &self->context);
    fiber_arrive(&self->resumer_fiber, &self->fiber);
    here = resumer;
    ctrace_task_suspend(self->task);
    if (self->ended) {
        coroutine_free(self);
        return false;
    }
    return true;
}

void coroutine_yield(void) {
    struct coroutine *self = here;
    fiber_leave(&self->fiber, &self->resumer_fiber);
    swapcontext(&self->context, &self->resumer);
    fiber_arrive(&self->fiber, &self->resumer_fiber);
}

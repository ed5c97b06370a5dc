/* What sanitizers must be told when a program changes stacks by itself. Nothing without them. */
#ifndef HTTPD_FIBER_H
#define HTTPD_FIBER_H

#include <stddef.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FIBER_ADDRESS_SANITIZER
#endif
#if __has_feature(thread_sanitizer)
#define FIBER_THREAD_SANITIZER
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define FIBER_ADDRESS_SANITIZER
#endif
#if defined(__SANITIZE_THREAD__)
#define FIBER_THREAD_SANITIZER
#endif

#if defined(FIBER_ADDRESS_SANITIZER)
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(FIBER_THREAD_SANITIZER)
#include <sanitizer/tsan_interface.h>
#endif

struct fiber {
    const void *stack; /* its lowest address */
    size_t size;
    void *frames; /* AddressSanitizer's, of what is suspended */
    void *thread; /* ThreadSanitizer's */
};

/* For a coroutine that will run on this stack. */
static inline void fiber_begin(struct fiber *fiber, const void *stack, size_t size) {
    *fiber = (struct fiber){.stack = stack, .size = size};
#if defined(FIBER_THREAD_SANITIZER)
    fiber->thread = __tsan_create_fiber(0);
#endif
}

static inline void fiber_end(struct fiber *fiber) {
    (void)fiber;
#if defined(FIBER_THREAD_SANITIZER)
    __tsan_destroy_fiber(fiber->thread);
#endif
}

/* Before the stack changes. `from` is NULL when it will never be returned to. */
static inline void fiber_leave(struct fiber *from, const struct fiber *to) {
    (void)from, (void)to;
#if defined(FIBER_ADDRESS_SANITIZER)
    __sanitizer_start_switch_fiber(from == NULL ? NULL : &from->frames, to->stack, to->size);
#endif
#if defined(FIBER_THREAD_SANITIZER)
    __tsan_switch_to_fiber(to->thread, 0);
#endif
}

/* Right after it: `here` is what runs now, and `came_from` learns where its stack lies. */
static inline void fiber_arrive(const struct fiber *here, struct fiber *came_from) {
    (void)here, (void)came_from;
#if defined(FIBER_ADDRESS_SANITIZER)
    __sanitizer_finish_switch_fiber(here->frames, &came_from->stack, &came_from->size);
#endif
}

/* What runs now, before it is left for the first time. */
static inline void fiber_of_thread(struct fiber *ret_fiber) {
    *ret_fiber = (struct fiber){0};
#if defined(FIBER_THREAD_SANITIZER)
    ret_fiber->thread = __tsan_get_current_fiber();
#endif
}

#endif

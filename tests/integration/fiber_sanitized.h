/* Tells the sanitizers of this build about changes of the stack: without that they see one thread
 * jump about in memory that is none of its own. Nothing without them. */
#ifndef CTRACE_TESTS_FIBER_SANITIZED_H
#define CTRACE_TESTS_FIBER_SANITIZED_H

#include <stddef.h>

#include "support/sanitized.h"

#if defined(TEST_HAS_ADDRESS_SANITIZER)
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(TEST_HAS_THREAD_SANITIZER)
#include <sanitizer/tsan_interface.h>
#endif

typedef struct fiber_stacks {
    const void *bottom, *resumer_bottom;
    size_t size, resumer_size;
    void *fake, *resumer_fake;   /* AddressSanitizer's */
    void *fiber, *resumer_fiber; /* ThreadSanitizer's */
} fiber_stacks;

static inline void fiber_stacks_begin(fiber_stacks *self, const void *bottom, size_t size) {
    self->bottom = bottom;
    self->size = size;
#if defined(TEST_HAS_THREAD_SANITIZER)
    self->fiber = __tsan_create_fiber(0);
#endif
}

static inline void fiber_stacks_end(fiber_stacks *self) {
    (void)self;
#if defined(TEST_HAS_THREAD_SANITIZER)
    __tsan_destroy_fiber(self->fiber);
#endif
}

/* In the resumer: right before the switch, and right after the switch back. */
static inline void fiber_resumes(fiber_stacks *self) {
    (void)self;
#if defined(TEST_HAS_ADDRESS_SANITIZER)
    __sanitizer_start_switch_fiber(&self->resumer_fake, self->bottom, self->size);
#endif
#if defined(TEST_HAS_THREAD_SANITIZER)
    self->resumer_fiber = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(self->fiber, 0);
#endif
}

static inline void fiber_resumed(fiber_stacks *self) {
    (void)self;
#if defined(TEST_HAS_ADDRESS_SANITIZER)
    __sanitizer_finish_switch_fiber(self->resumer_fake, NULL, NULL);
#endif
}

/* In the coroutine: right after it is switched to, and right before it switches back. */
static inline void fiber_arrived(fiber_stacks *self) {
    (void)self;
#if defined(TEST_HAS_ADDRESS_SANITIZER)
    __sanitizer_finish_switch_fiber(self->fake, &self->resumer_bottom, &self->resumer_size);
#endif
}

static inline void fiber_leaves(fiber_stacks *self) {
    (void)self;
#if defined(TEST_HAS_ADDRESS_SANITIZER)
    __sanitizer_start_switch_fiber(&self->fake, self->resumer_bottom, self->resumer_size);
#endif
#if defined(TEST_HAS_THREAD_SANITIZER)
    __tsan_switch_to_fiber(self->resumer_fiber, 0);
#endif
}

static inline void fiber_leaves_for_ever(fiber_stacks *self) {
    (void)self;
#if defined(TEST_HAS_ADDRESS_SANITIZER)
    __sanitizer_start_switch_fiber(NULL, self->resumer_bottom, self->resumer_size);
#endif
#if defined(TEST_HAS_THREAD_SANITIZER)
    __tsan_switch_to_fiber(self->resumer_fiber, 0);
#endif
}

#endif

#include "support/allocator.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/memory.h"

static atomic_size_t alive, calls, fail_at;
static atomic_bool fails_on, failed;

static bool must_fail(void) {
    const size_t call = atomic_fetch_add(&calls, 1) + 1;
    const size_t at = atomic_load(&fail_at);
    if (at != 0 && (call == at || (call > at && atomic_load(&fails_on)))) {
        atomic_store(&failed, true);
        return true;
    }
    return false;
}

static void *count_alloc(void *state, size_t size) {
    (void)state;
    void *block = must_fail() ? NULL : malloc(size);
    if (block != NULL) {
        atomic_fetch_add(&alive, 1);
    }
    return block;
}

static void *count_resize(void *state, void *block, size_t size) {
    (void)state;
    return must_fail() ? NULL : realloc(block, size);
}

static void count_free(void *state, void *block) {
    (void)state;
    atomic_fetch_sub(&alive, 1);
    free(block);
}

void allocator_use(void) {
    static const ctrace_allocator counting = {count_alloc, count_resize, count_free, NULL};
    if (!cti_memory_use(&counting)) {
        abort();
    }
}

size_t allocator_alive(void) {
    return atomic_load(&alive);
}

size_t allocator_calls(void) {
    return atomic_load(&calls);
}

static void fail(size_t nth, bool on) {
    atomic_store(&failed, false);
    atomic_store(&fails_on, on);
    atomic_store(&fail_at, nth == 0 ? 0 : atomic_load(&calls) + nth);
}

void allocator_fail_at(size_t nth) {
    fail(nth, false);
}

void allocator_fail_from(size_t nth) {
    fail(nth, true);
}

bool allocator_has_failed(void) {
    return atomic_load(&failed);
}

#include "deque.h"

/* Everything is sequentially consistent but what the owner reads of its own. Lê, Pop, Cohen and
 * Nardelli (2013) show what could be weaker, and prove it. */
static size_t own(const atomic_size_t *position) {
    return atomic_load_explicit(position, memory_order_relaxed);
}

static _Atomic(struct job *) *slot(struct deque *deque, size_t position) {
    return &deque->slots[position % DEQUE_CAPACITY];
}

/* How many lie between the two; negative while the owner is popping from an empty deque. */
static ptrdiff_t between(size_t top, size_t bottom) {
    return (ptrdiff_t)(bottom - top);
}

bool deque_push(struct deque *deque, struct job *job) {
    size_t bottom = own(&deque->bottom);
    if (between(atomic_load(&deque->top), bottom) >= DEQUE_CAPACITY) {
        return false;
    }
    atomic_store(slot(deque, bottom), job);
    atomic_store(&deque->bottom, bottom + 1);
    return true;
}

struct job *deque_pop(struct deque *deque) {
    size_t bottom = own(&deque->bottom) - 1;
    atomic_store(&deque->bottom, bottom); /* thieves that look at it from now on keep off */
    size_t top = atomic_load(&deque->top);
    struct job *job = NULL;
    if (between(top, bottom) > 0) {
        return atomic_load(slot(deque, bottom));
    }
    if (top == bottom) { /* the last one: whoever raises top has it */
        job = atomic_load(slot(deque, bottom));
        job = atomic_compare_exchange_strong(&deque->top, &top, top + 1) ? job : NULL;
    }
    atomic_store(&deque->bottom, bottom + 1);
    return job;
}

struct job *deque_steal(struct deque *deque) {
    size_t top = atomic_load(&deque->top); /* before bottom, as pop writes bottom before it looks */
    if (between(top, atomic_load(&deque->bottom)) <= 0) {
        return NULL;
    }
    struct job *job = atomic_load(slot(deque, top));
    return atomic_compare_exchange_strong(&deque->top, &top, top + 1) ? job : NULL;
}

bool deque_is_empty(struct deque *deque) {
    size_t top = atomic_load(&deque->top);
    return between(top, atomic_load(&deque->bottom)) <= 0;
}

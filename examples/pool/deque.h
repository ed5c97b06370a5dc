/* A work-stealing deque (Chase and Lev, 2005): its owner pushes and pops at the bottom, thieves
 * take from the top. Of fixed size: who finds it full does the work at once. */
#ifndef POOL_DEQUE_H
#define POOL_DEQUE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

enum { DEQUE_CAPACITY = 1024 }; /* a power of two: positions wrap around */

struct job;

struct deque {
    atomic_size_t top;    /* position of the oldest; thieves and the owner's last pop raise it */
    atomic_size_t bottom; /* position behind the newest; the owner's */
    _Atomic(struct job *) slots[DEQUE_CAPACITY];
};

/* Threads: the owner. False when it is full. */
bool deque_push(struct deque *deque, struct job *job);

/* The newest, or NULL. Threads: the owner. */
struct job *deque_pop(struct deque *deque);

/* The oldest, or NULL when there is none or somebody else got it. Threads: any. */
struct job *deque_steal(struct deque *deque);

/* Threads: any. */
bool deque_is_empty(struct deque *deque);

#endif

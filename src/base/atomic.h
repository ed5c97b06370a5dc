/* Atomic access to plain objects, with the ordering in the name.
 *
 * Public structs have plain members, because C++ must read them too, so this is not <stdatomic.h>.
 * They are macros because they work on integers, bool and pointers alike. Values must have the
 * object's type (`1u` for a uint32_t) where conversions are warned about. */
#ifndef CTI_BASE_ATOMIC_H
#define CTI_BASE_ATOMIC_H

#define cti_load_relaxed(at)         __atomic_load_n((at), __ATOMIC_RELAXED)
#define cti_load_acquire(at)         __atomic_load_n((at), __ATOMIC_ACQUIRE)
#define cti_store_relaxed(at, value) __atomic_store_n((at), (value), __ATOMIC_RELAXED)
#define cti_store_release(at, value) __atomic_store_n((at), (value), __ATOMIC_RELEASE)

/* Stores and returns what was there before; acquire and release. */
#define cti_exchange(at, value) __atomic_exchange_n((at), (value), __ATOMIC_ACQ_REL)

/* Add or subtract, and return what was there before. Adding is relaxed: for counters and for taking
 * a reference. Whoever gives a reference back must see what the others did before. */
#define cti_fetch_add(at, more)         __atomic_fetch_add((at), (more), __ATOMIC_RELAXED)
#define cti_fetch_add_release(at, more) __atomic_fetch_add((at), (more), __ATOMIC_RELEASE)
#define cti_fetch_sub_acq_rel(at, less) __atomic_fetch_sub((at), (less), __ATOMIC_ACQ_REL)

/* Stores `desired` and returns true if the object equals *expected; else sets *expected to what it
 * is, with acquire. Never fails for no reason. */
#define cti_compare_exchange(at, expected, desired) \
    __atomic_compare_exchange_n((at), (expected), (desired), 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)

/* Orders everything before it against everything after it, for all threads. */
#define cti_fence() __atomic_thread_fence(__ATOMIC_SEQ_CST)

/* Orders for the compiler only: enough against a signal handler on the same thread. */
#define cti_compiler_barrier() __atomic_signal_fence(__ATOMIC_SEQ_CST)

#endif

/* Freeing what other threads may be looking at: once no thread is in a section (core/thread.h) that
 * began before it was taken out of their sight. */
#ifndef CTI_CORE_RETIRE_H
#define CTI_CORE_RETIRE_H

#include <stdbool.h>
#include <stdint.h>

/* Waits until every other thread has been seen outside a section. What was unpublished before the
 * call can then be freed. False when the time ran out, or this thread is inside a section itself.
 * Not with the registry's lock held. */
bool cti_synchronize(uint64_t timeout_ns);

/* Frees the object by `free_function` once no thread can see it any more: at once if that is soon.
 */
void cti_retire(void *object, void (*free_function)(void *object));

/* The same without waiting: frees it now or at a later occasion. */
void cti_retire_soon(void *object, void (*free_function)(void *object));

/* Frees what was retired and could not be freed then, if it can be now. */
void cti_free_retired(void);

#endif

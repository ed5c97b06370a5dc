/* Every allocation of the library goes through here, so that a host (or a test) can bring its own
 * allocator and so that a failing one is a case we can rehearse. */
#ifndef CTI_BASE_MEMORY_H
#define CTI_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

#include "ctrace/trace.h"

/* Returns `size` uninitialised bytes aligned for any type, or NULL. Give back with cti_free(). */
void *cti_alloc(size_t size);

/* The same, zeroed. */
void *cti_alloc_zeroed(size_t size);

/* As cti_alloc(), but it can be called, and the block given back, in a signal handler that
 * interrupted malloc(): whole pages, straight from the system. Where the host brought an allocator
 * it is that one's block, and as safe as that is. */
void *cti_alloc_pages(size_t size);

/* Changes the size of `block` (NULL allocates); on failure returns NULL and leaves it as it was. */
void *cti_resize(void *block, size_t size);

/* Takes any of the above, or NULL. A block goes back to the allocator it came from, also after
 * cti_memory_use(). */
void cti_free(void *block);

/* Copies `size` bytes and appends a NUL. NULL when there is no memory. */
char *cti_copy_text(const char *bytes, size_t size);

/* How many of the above had no memory, since the program began. Threads: any. */
size_t cti_memory_failures(void);

/* From now on allocations come from `allocator` (copied; NULL means malloc again). A copy of each
 * distinct table is kept for ever. False when there is no memory for it: then nothing changes.
 *
 * Threads: any, also while others allocate. */
bool cti_memory_use(const ctrace_allocator *allocator);

#endif

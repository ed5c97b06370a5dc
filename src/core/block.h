/* Memory for spans: blocks that a thread uses again, last in first out, without a lock. A block may
 * be given back on another thread than the one that took it. */
#ifndef CTI_CORE_BLOCK_H
#define CTI_CORE_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/thread.h"

/* A free block. */
struct cti_block {
    cti_block *next;
};

enum {
    CTI_BLOCK_SMALLEST = 256,
    CTI_BLOCK_UNPOOLED = CTI_BLOCK_CLASSES, /* the class of what is larger than the largest */
    CTI_BLOCK_BYTES_KEPT = 1 << 20          /* free blocks a thread keeps at most; none while the
                                               library does not know it: nobody would free them */
};

/* `size` bytes, uninitialised, and the class to give them back with. NULL when there is no memory.
 */
void *cti_block_take(cti_thread *self, size_t size, uint8_t *ret_class);

/* A block of class 0 that is there already, or NULL. */
static inline void *cti_block_take_small(cti_thread *self) {
    cti_block *block = self->blocks[0];
    if (CTRACE_I_LIKELY(block != NULL)) {
        self->blocks[0] = block->next;
        self->block_room += CTI_BLOCK_SMALLEST;
    }
    return block;
}

void cti_block_give_slowly(cti_thread *self, void *block, uint8_t block_class);

/* Keeps a block of class 0. False when the thread keeps enough of them already. */
static inline bool cti_block_keep_small(cti_thread *self, void *memory) {
    if (CTRACE_I_UNLIKELY(self->block_room < CTI_BLOCK_SMALLEST)) {
        return false;
    }
    cti_block *block = memory;
    block->next = self->blocks[0];
    self->blocks[0] = block;
    self->block_room -= CTI_BLOCK_SMALLEST;
    return true;
}

static inline void cti_block_give(cti_thread *self, void *memory, uint8_t block_class) {
    if (CTRACE_I_UNLIKELY(block_class != 0 || !cti_block_keep_small(self, memory))) {
        cti_block_give_slowly(self, memory, block_class);
    }
}

/* Makes sure that the first small block is there. False when there is no memory. */
bool cti_blocks_prepare(cti_thread *self);

/* Frees all that the thread keeps. */
void cti_blocks_release(cti_thread *self);

#endif

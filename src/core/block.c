#include "core/block.h"

#include "base/memory.h"

static size_t class_size(uint8_t block_class) {
    return (size_t)CTI_BLOCK_SMALLEST << block_class;
}

static uint8_t class_for(size_t size) {
    uint8_t block_class = 0;
    while (block_class < CTI_BLOCK_UNPOOLED && class_size(block_class) < size) {
        block_class += 1;
    }
    return block_class;
}

void *cti_block_take(cti_thread *self, size_t size, uint8_t *ret_class) {
    const uint8_t wanted = class_for(size);
    *ret_class = wanted;
    if (wanted == CTI_BLOCK_UNPOOLED) {
        return cti_alloc(size);
    }
    cti_block *block = self->blocks[wanted];
    if (block == NULL) {
        return cti_alloc(class_size(wanted));
    }
    self->blocks[wanted] = block->next;
    self->block_room += class_size(wanted);
    return block;
}

void cti_block_give_slowly(cti_thread *self, void *memory, uint8_t block_class) {
    if (block_class == CTI_BLOCK_UNPOOLED || self->block_room < class_size(block_class)) {
        cti_free(memory);
        return;
    }
    cti_block *block = memory;
    block->next = self->blocks[block_class];
    self->blocks[block_class] = block;
    self->block_room -= class_size(block_class);
}

bool cti_blocks_prepare(cti_thread *self) {
    uint8_t block_class;
    void *block = cti_block_take(self, CTI_BLOCK_SMALLEST, &block_class);
    if (block != NULL) {
        cti_block_give(self, block, block_class);
    }
    return block != NULL;
}

void cti_blocks_release(cti_thread *self) {
    for (uint8_t i = 0; i < CTI_BLOCK_CLASSES; i++) {
        while (self->blocks[i] != NULL) {
            cti_block *next = self->blocks[i]->next;
            cti_free(self->blocks[i]);
            self->blocks[i] = next;
        }
    }
    self->block_room = 0;
}

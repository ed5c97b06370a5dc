#include "base/ring.h"

#include <stdint.h>
#include <string.h>

#include "base/memory.h"

enum { SMALLEST = 256 };

static size_t round_up(size_t capacity) {
    size_t rounded = SMALLEST;
    while (rounded < capacity && rounded <= SIZE_MAX / 4) {
        rounded *= 2;
    }
    return rounded;
}

static size_t margin(size_t capacity, size_t longest) {
    return longest < capacity / 2 ? longest : capacity / 2;
}

size_t cti_ring_footprint(size_t capacity, size_t longest) {
    const size_t rounded = round_up(capacity);
    return sizeof(cti_ring) + CTI_CACHE_LINE + rounded + margin(rounded, longest);
}

/* The first address in the block that is at the beginning of a cache line. */
static cti_ring *align(void *block) {
    const size_t beyond = (uintptr_t)block % CTI_CACHE_LINE;
    return (cti_ring *)(void *)((char *)block + (beyond == 0 ? 0 : CTI_CACHE_LINE - beyond));
}

/* The bytes are left alone: memory that is not written to costs nothing. */
cti_ring *cti_ring_in(void *memory, size_t capacity, size_t longest) {
    const size_t rounded = round_up(capacity);
    cti_ring *ring = align(memory);
    memset(ring, 0, sizeof *ring);
    ring->bytes = (unsigned char *)(ring + 1);
    ring->mask = rounded - 1;
    ring->longest = margin(rounded, longest);
    ring->limit = rounded;
    ring->end = rounded;
    return ring;
}

cti_ring *cti_ring_new(size_t capacity, size_t longest) {
    const size_t rounded = round_up(capacity);
    void *block = rounded < capacity ? NULL : cti_alloc_pages(cti_ring_footprint(rounded, longest));
    if (block == NULL) {
        return NULL;
    }
    cti_ring *ring = cti_ring_in(block, rounded, longest);
    ring->block = block;
    return ring;
}

void cti_ring_touch(cti_ring *ring) {
    memset(ring->bytes, 0, cti_ring_capacity(ring) + ring->longest);
}

void cti_ring_free(cti_ring *ring) {
    if (ring != NULL) {
        cti_free(ring->block);
    }
}

size_t cti_ring_look(cti_ring *ring) {
    const size_t capacity = cti_ring_capacity(ring);
    /* acquire: pairs with the release in cti_ring_consume() */
    const size_t unread = ring->head - cti_load_acquire(&ring->tail);
    const size_t promised = cti_ring_promised(ring);
    const size_t free = capacity - unread - promised;
    ring->limit = ring->head + (free < capacity / 2 ? free : capacity / 2);
    ring->end = ring->limit + promised;
    return unread;
}

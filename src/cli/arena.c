#include "cli/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

#include "base/memory.h"

enum { CHUNK = 64 << 10 };

struct arena_chunk {
    arena_chunk *next;
    alignas(max_align_t) char bytes[];
};

/* A chunk that has room for `size` bytes. */
static bool add_chunk(bounded_arena *arena, size_t size) {
    const size_t room = size > CHUNK ? size : CHUNK;
    if (room > arena->left || room > SIZE_MAX - sizeof(arena_chunk)) {
        return false;
    }
    arena_chunk *chunk = cti_alloc_zeroed(sizeof *chunk + room);
    if (chunk == NULL) {
        return false;
    }
    arena->left -= room;
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    arena->used = 0;
    arena->room = room;
    return true;
}

static void *take(bounded_arena *arena, size_t size, size_t alignment) {
    size_t begin = (arena->used + alignment - 1) & ~(alignment - 1);
    if (begin > arena->room || size > arena->room - begin) {
        if (!add_chunk(arena, size)) {
            return NULL;
        }
        begin = 0;
    }
    arena->used = begin + size;
    return arena->chunks->bytes + begin;
}

void *arena_take(bounded_arena *arena, size_t size) {
    return take(arena, size, alignof(max_align_t));
}

char *arena_copy(bounded_arena *arena, const char *bytes, size_t size) {
    char *copy = take(arena, size + 1, 1);
    if (copy != NULL && size != 0) {
        memcpy(copy, bytes, size);
    }
    return copy;
}

void arena_release(bounded_arena *arena) {
    for (arena_chunk *next; arena->chunks != NULL; arena->chunks = next) {
        next = arena->chunks->next;
        cti_free(arena->chunks);
    }
    arena->used = arena->room = 0;
}

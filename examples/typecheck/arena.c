#include "arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_SIZE = 64 * 1024 };

struct arena_chunk {
    struct arena_chunk *next;
    size_t used;
    size_t size;
    _Alignas(max_align_t) unsigned char bytes[];
};

static struct arena_chunk *new_chunk(struct arena *arena, size_t size) {
    struct arena_chunk *chunk = NULL;
    if (size <= SIZE_MAX - sizeof(*chunk)) {
        chunk = calloc(1, sizeof(*chunk) + size);
    }
    if (chunk == NULL) {
        fputs("typecheck: out of memory\n", stderr);
        exit(1);
    }
    chunk->next = arena->chunks;
    chunk->size = size;
    arena->chunks = chunk;
    return chunk;
}

static size_t round_up(size_t size) {
    const size_t unit = _Alignof(max_align_t);
    return size <= SIZE_MAX - unit ? (size + unit - 1) / unit * unit : size;
}

void *arena_alloc(struct arena *arena, size_t size) {
    struct arena_chunk *chunk = arena->chunks;
    size = round_up(size);
    if (chunk == NULL || chunk->size - chunk->used < size) {
        chunk = new_chunk(arena, size < CHUNK_SIZE ? CHUNK_SIZE : size);
    }
    void *memory = chunk->bytes + chunk->used;
    chunk->used += size;
    return memory;
}

char *arena_text(struct arena *arena, const char *bytes, size_t size) {
    char *text = arena_alloc(arena, size + 1);
    memcpy(text, bytes, size);
    return text;
}

void arena_release(struct arena *arena) {
    while (arena->chunks != NULL) {
        struct arena_chunk *next = arena->chunks->next;
        free(arena->chunks);
        arena->chunks = next;
    }
}

/* Memory that is given back all at once, and of which there is so much and no more. */
#ifndef CTI_CLI_ARENA_H
#define CTI_CLI_ARENA_H

#include <stdbool.h>
#include <stddef.h>

typedef struct arena_chunk arena_chunk;

typedef struct bounded_arena {
    arena_chunk *chunks; /* the newest first */
    size_t used, room;   /* of the newest */
    size_t left;         /* bytes that may still be asked for */
} bounded_arena;

/* `size` zeroed bytes, aligned for any type; NULL when they would be too many, or there are none.
 */
void *arena_take(bounded_arena *arena, size_t size);

/* A copy of a text with a NUL behind it; NULL likewise. */
char *arena_copy(bounded_arena *arena, const char *bytes, size_t size);

void arena_release(bounded_arena *arena);

#endif

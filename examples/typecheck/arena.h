/* Memory of one check: everything is given back at once. */
#ifndef TYPECHECK_ARENA_H
#define TYPECHECK_ARENA_H

#include <stddef.h>

struct arena {
    struct arena_chunk *chunks; /* the newest first */
};

/* Returns `size` zeroed bytes, aligned for anything. Ends the program when there is no memory. */
void *arena_alloc(struct arena *arena, size_t size);

/* Returns a NUL-terminated copy of `size` bytes. */
char *arena_text(struct arena *arena, const char *bytes, size_t size);

void arena_release(struct arena *arena);

#endif

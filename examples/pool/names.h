/* What is in a directory. */
#ifndef POOL_NAMES_H
#define POOL_NAMES_H

#include <stddef.h>

struct names {
    char **paths; /* begin with the directory's */
    size_t count, capacity;
};

/* Reads the directory. Returns 0 or an errno: then the names are those that could be read. */
int names_read(struct names *ret_names, const char *directory);

void names_free(struct names *names);

#endif

/* A source file in memory, and how an error in it is shown. */
#ifndef TYPECHECK_SOURCE_H
#define TYPECHECK_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

struct position {
    size_t offset; /* bytes from the start of the file */
    size_t size;   /* bytes */
    unsigned line;
    unsigned column; /* in characters; like `line` it starts at 1 */
};

struct source {
    const char *path; /* borrowed */
    char *text;
    size_t size;
    size_t errors; /* reported so far */
    bool silent;   /* count errors, print none */
};

/* Reads a whole file; release it with source_release(). On failure returns false and errno says
 * why. */
bool source_read(const char *path, struct source *ret_source);

void source_release(struct source *source);

/* Prints "FILE:LINE:COLUMN: error: MESSAGE" and a caret line on standard error. */
void source_error(struct source *source, struct position at, const char *message);

#endif

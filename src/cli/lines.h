/* The lines of a file, one after the other, in memory that does not grow with the file. */
#ifndef CTI_CLI_LINES_H
#define CTI_CLI_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LINE_LONGEST = 64 << 20 };

typedef struct line_reader {
    int fd;
    char *bytes;
    size_t capacity;
    size_t begin, end;   /* of what was read and not passed on yet */
    uint64_t number;     /* of the last line, from 1 on */
    const char *problem; /* why there are no more, or NULL */
    bool at_end;
} line_reader;

/* Reads from a descriptor, which stays the caller's. */
void lines_init(line_reader *lines, int fd);
void lines_release(line_reader *lines);

/* The next line, without its newline, good until the next call; false at the end, and where
 * `problem` says why. */
bool lines_next(line_reader *lines, const char **ret_line, size_t *ret_size);

#endif

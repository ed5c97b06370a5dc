#include "cli/lines.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"

void lines_init(line_reader *lines, int fd) {
    memset(lines, 0, sizeof *lines);
    lines->fd = fd;
}

void lines_release(line_reader *lines) {
    cti_free(lines->bytes);
    lines->bytes = NULL;
}

static bool fail(line_reader *lines, const char *problem) {
    lines->problem = problem;
    lines->at_end = true;
    return false;
}

/* Room behind what is there: by moving it to the front, or in twice the memory. */
static bool make_room(line_reader *lines) {
    if (lines->begin > 0) {
        memmove(lines->bytes, lines->bytes + lines->begin, lines->end - lines->begin);
        lines->end -= lines->begin;
        lines->begin = 0;
    }
    if (lines->end < lines->capacity) {
        return true;
    }
    const size_t capacity = lines->capacity == 0 ? 256 << 10 : 2 * lines->capacity;
    if (capacity > LINE_LONGEST) {
        return fail(lines, "the line is longer than 64 MiB");
    }
    char *bytes = cti_resize(lines->bytes, capacity);
    if (bytes == NULL) {
        return fail(lines, "there is no memory for the line");
    }
    lines->bytes = bytes;
    lines->capacity = capacity;
    return true;
}

static bool read_more(line_reader *lines) {
    ssize_t size;
    if (!make_room(lines)) {
        return false;
    }
    do {
        size = read(lines->fd, lines->bytes + lines->end, lines->capacity - lines->end);
    } while (size < 0 && errno == EINTR);
    if (size < 0) {
        return fail(lines, strerror(errno));
    }
    lines->end += (size_t)size;
    lines->at_end = size == 0;
    return size > 0;
}

bool lines_next(line_reader *lines, const char **ret_line, size_t *ret_size) {
    size_t searched = 0;
    for (;;) {
        const size_t size = lines->end - lines->begin;
        const char *line = size == 0 ? NULL : lines->bytes + lines->begin;
        const char *newline =
            size == searched ? NULL : memchr(line + searched, '\n', size - searched);
        if (newline != NULL || (lines->at_end && size > 0 && lines->problem == NULL)) {
            *ret_line = line;
            *ret_size = newline == NULL ? size : (size_t)(newline - line);
            lines->begin += *ret_size + (newline != NULL);
            lines->number++;
            return true;
        }
        searched = size;
        if (lines->at_end || (!read_more(lines) && lines->problem != NULL)) {
            lines->number++;
            return false;
        }
    }
}

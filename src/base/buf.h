/* A growing byte buffer: append freely, check for failure once at the end.
 *
 * This is the inside of the public `ctrace_buf`. After a failed append the buffer is failed: later
 * appends do nothing, and `failed` stays until it is cleared. What stands in it is then
 * unspecified. */
#ifndef CTI_BASE_BUF_H
#define CTI_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "ctrace/subscriber.h"

struct ctrace_buf {
    char *bytes;     /* NULL while nothing was appended */
    size_t size;     /* bytes appended */
    size_t capacity; /* bytes allocated; one is kept back for a final NUL */
    bool failed;
};

#define CTI_BUF_INIT \
    { NULL, 0, 0, false }

/* Gives the memory back; the buffer may be used again. */
void cti_buf_release(ctrace_buf *buf);

/* The slow half of cti_buf_room(). */
char *cti_buf_grow(ctrace_buf *buf, size_t more);

/* Returns where the next `more` bytes may be written, or NULL when the buffer failed. Follow with
 * cti_buf_wrote(). */
static inline char *cti_buf_room(ctrace_buf *buf, size_t more) {
    if (more < buf->capacity - buf->size) {
        return buf->bytes + buf->size;
    }
    return cti_buf_grow(buf, more);
}

/* Says that `size` bytes were written where cti_buf_room() pointed. */
static inline void cti_buf_wrote(ctrace_buf *buf, size_t size) {
    buf->size += size;
}

static inline void cti_buf_put(ctrace_buf *buf, const char *bytes, size_t size) {
    char *room = cti_buf_room(buf, size);
    if (room != NULL && size != 0) {
        memcpy(room, bytes, size);
        buf->size += size;
    }
}

static inline void cti_buf_char(ctrace_buf *buf, char c) {
    char *room = cti_buf_room(buf, 1);
    if (room != NULL) {
        *room = c;
        buf->size += 1;
    }
}

/* Appends a string literal, whose size the compiler knows. */
#define cti_buf_literal(buf, literal) cti_buf_put((buf), "" literal, sizeof(literal) - 1)

#endif

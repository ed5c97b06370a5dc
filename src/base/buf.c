#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/memory.h"

enum { FIRST_CAPACITY = 256 };

/* A failed buffer looks full, so that the fast path of every later append ends up in
 * cti_buf_grow(), which refuses. */
static void fail(ctrace_buf *buf) {
    buf->failed = true;
    buf->size = buf->capacity;
}

static size_t next_capacity(size_t capacity, size_t needed) {
    size_t next = capacity < FIRST_CAPACITY ? FIRST_CAPACITY : capacity;
    while (next < needed) {
        next = next > SIZE_MAX / 2 ? needed : next * 2;
    }
    return next;
}

void cti_buf_release(ctrace_buf *buf) {
    cti_free(buf->bytes);
    *buf = (ctrace_buf)CTI_BUF_INIT;
}

char *cti_buf_grow(ctrace_buf *buf, size_t more) {
    if (buf->failed || more >= SIZE_MAX - buf->size) {
        fail(buf);
        return NULL;
    }
    size_t capacity = next_capacity(buf->capacity, buf->size + more + 1);
    char *bytes = cti_resize(buf->bytes, capacity);
    if (bytes == NULL) {
        fail(buf);
        return NULL;
    }
    buf->bytes = bytes;
    buf->capacity = capacity;
    return bytes + buf->size;
}

ctrace_buf *ctrace_buf_new(void) {
    return cti_alloc_zeroed(sizeof(ctrace_buf));
}

void ctrace_buf_free(ctrace_buf *buf) {
    if (buf != NULL) {
        cti_buf_release(buf);
        cti_free(buf);
    }
}

void ctrace_buf_clear(ctrace_buf *buf) {
    if (buf != NULL) {
        buf->size = 0;
        buf->failed = false;
    }
}

const char *ctrace_buf_bytes(const ctrace_buf *buf, size_t *ret_size) {
    bool failed = buf == NULL || buf->failed;
    if (ret_size != NULL) {
        *ret_size = failed ? 0 : buf->size;
    }
    if (failed) {
        return NULL;
    }
    if (buf->bytes == NULL) {
        return "";
    }
    buf->bytes[buf->size] = '\0';
    return buf->bytes;
}

void ctrace_buf_put(ctrace_buf *buf, const char *bytes, size_t size) {
    if (buf != NULL) {
        cti_buf_put(buf, bytes, size);
    }
}

/* Prints into the room there is. Returns what the whole text needs, or -1. */
static int print(ctrace_buf *buf, const char *format, va_list arguments) {
    char *room = buf->bytes == NULL ? NULL : buf->bytes + buf->size;
    size_t size = buf->capacity - buf->size;
    return vsnprintf(room, size, format, arguments);
}

void ctrace_buf_printf(ctrace_buf *buf, const char *format, ...) {
    if (buf == NULL || buf->failed) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    int needed = print(buf, format, arguments);
    if (needed < 0) {
        fail(buf);
    } else if ((size_t)needed < buf->capacity - buf->size) {
        cti_buf_wrote(buf, (size_t)needed);
    } else if (cti_buf_grow(buf, (size_t)needed) != NULL) {
        (void)print(buf, format, again);
        cti_buf_wrote(buf, (size_t)needed);
    }
    va_end(again);
    va_end(arguments);
}

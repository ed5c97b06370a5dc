#include <string.h>

#include "base/memory.h"
#include "core/status.h"
#include "write/writer.h"

enum { FIRST_CAPACITY = 1024 };

/* Not a ctrace_buf, which is empty after a failure: this keeps what it has. */
typedef struct memory_writer {
    char *bytes; /* always NUL-terminated; NULL before the first write */
    size_t size;
    size_t capacity;
} memory_writer;

static bool grow(memory_writer *self, size_t more) {
    if (more >= SIZE_MAX / 2 - self->size) {
        return false;
    }
    size_t capacity = self->capacity == 0 ? FIRST_CAPACITY : self->capacity;
    while (capacity <= self->size + more) {
        capacity *= 2;
    }
    char *bytes = cti_resize(self->bytes, capacity);
    if (bytes == NULL) {
        return false;
    }
    self->bytes = bytes;
    self->capacity = capacity;
    return true;
}

static ctrace_status memory_write(void *state, const char *bytes, size_t size) {
    memory_writer *self = state;
    if (self->capacity - self->size <= size && !grow(self, size)) {
        return CTRACE_ENOMEM;
    }
    memcpy(self->bytes + self->size, bytes, size);
    self->size += size;
    self->bytes[self->size] = '\0';
    return CTRACE_OK;
}

static void memory_free(void *state) {
    memory_writer *self = state;
    cti_free(self->bytes);
    cti_free(self);
}

static const ctrace_writer_ops memory_ops = {
    .size = sizeof memory_ops, .write = memory_write, .free = memory_free};

ctrace_writer *ctrace_memory_writer_new(void) {
    memory_writer *self = cti_alloc_zeroed(sizeof *self);
    return self == NULL ? cti_fail_memory("a memory writer")
                        : cti_writer_make(&memory_ops, self, NULL);
}

const char *ctrace_memory_writer_bytes(ctrace_writer *writer, size_t *ret_size) {
    if (writer == NULL || writer->ops.write != memory_write) {
        cti_fail(CTRACE_EINVAL, "not a memory writer");
        return NULL;
    }
    cti_lock_take(&writer->lock);
    const memory_writer *self = writer->state;
    const char *bytes = self->bytes == NULL ? "" : self->bytes;
    if (ret_size != NULL) {
        *ret_size = self->size;
    }
    cti_lock_give(&writer->lock);
    return bytes;
}

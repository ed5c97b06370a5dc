#include "core/scratch.h"

#include "base/memory.h"
#include "core/thread.h"

enum { LARGEST_KEPT = 64 * 1024 };

ctrace_buf *cti_scratch_take(void) {
    cti_thread *self = &cti_self;
    ctrace_buf *buf = self->scratch;
    if (buf == NULL) {
        return ctrace_buf_new();
    }
    self->scratch = NULL;
    ctrace_buf_clear(buf);
    return buf;
}

void cti_scratch_give(ctrace_buf *buf) {
    cti_thread *self = &cti_self;
    /* a thread that the library does not know has nobody who would free it */
    if (buf == NULL || self->scratch != NULL || self->section == 0 ||
        buf->capacity > LARGEST_KEPT) {
        ctrace_buf_free(buf);
        return;
    }
    self->scratch = buf;
}

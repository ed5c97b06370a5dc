/* Appending short pieces fast. */
#ifndef CTI_ENCODE_PUT_H
#define CTI_ENCODE_PUT_H

#include "base/buf.h"

enum { CTI_STEP = 16 };

/* Copies `size` bytes in steps of 16, and so reads and writes up to 16 bytes more. For short texts
 * of a size that only the run knows this beats memcpy(), which must find out what to do. */
static inline void cti_copy_steps(char *out, const char *bytes, size_t size) {
    size_t at = 0;
    do {
        memcpy(out + at, bytes + at, CTI_STEP);
        at += CTI_STEP;
    } while (at < size);
}

/* Fails the buffer, as an append that found no memory does. */
static inline void cti_buf_fail(ctrace_buf *buf) {
    (void)cti_buf_grow(buf, SIZE_MAX);
}

#endif

/* Growing buffers: what TRACE_LAZY functions, sinks and writers of texts append to. Part of
 * <ctrace/trace.h> and of <ctrace/subscriber.h>. */
#ifndef CTRACE_DETAIL_BUF_H
#define CTRACE_DETAIL_BUF_H

#include "ctrace/detail/types.h"

CTRACE_I_BEGIN_C

/* A new, empty buffer, or NULL. Give back with ctrace_buf_free(). */
CTRACE_API ctrace_buf *ctrace_buf_new(void);

/* Gives the buffer back. Takes NULL. */
CTRACE_API void ctrace_buf_free(ctrace_buf *buf);

/* Empties it, keeps its memory, forgets a failure. */
CTRACE_API void ctrace_buf_clear(ctrace_buf *buf);

/* What was appended, NUL-terminated; NULL after a failed append: ask once, at the end.
 *
 * ret_size  Set to the bytes before the NUL, 0 after a failure. May be NULL. */
CTRACE_API const char *ctrace_buf_bytes(const ctrace_buf *buf, size_t *ret_size);

/* Appends bytes as they are. */
CTRACE_API void ctrace_buf_put(ctrace_buf *buf, const char *bytes, size_t size);

/* Appends what printf would print. */
CTRACE_API void ctrace_buf_printf(ctrace_buf *buf, const char *format, ...) CTRACE_I_PRINTF(2, 3);

CTRACE_I_END_C

#endif

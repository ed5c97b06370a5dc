/* A buffer of this thread for encoding one event at a time: sinks need no memory of their own. */
#ifndef CTI_CORE_SCRATCH_H
#define CTI_CORE_SCRATCH_H

#include "base/buf.h"

/* This thread's scratch buffer, emptied. Use it inside a callback and leave it before returning; a
 * second take before cti_scratch_give() yields another buffer. NULL when there is no memory. */
ctrace_buf *cti_scratch_take(void);

/* Gives it back. A buffer that grew beyond 64 KiB is not kept. */
void cti_scratch_give(ctrace_buf *buf);

/* The library's loss of one event or span of this callsite (NULL: not known): counted, and told in
 * the stream later. */
void cti_lost_event(const ctrace_callsite *site);
void cti_lost_span(const ctrace_callsite *site);

#endif

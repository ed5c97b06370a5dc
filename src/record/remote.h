/* Remote spans in records: see record/format.h. */
#ifndef CTI_RECORD_REMOTE_H
#define CTI_RECORD_REMOTE_H

#include "core/remote.h"
#include "record/get.h"
#include "record/put.h"

/* The remote span that a new span is to be told with: its trace's, when no parent of it is in the
 * stream; else NULL. */
static inline const ctrace_span *cti_remote_to_tell(const ctrace_span *span, uint64_t parent) {
    return parent == 0 && cti_span_is_remote(span->root) ? span->root : NULL;
}

/* The bytes that it takes; 0 for NULL. */
size_t cti_put_remote_size(const ctrace_span *remote);

/* Appends it; nothing for NULL. There must be room for it. Async-signal-safe. */
void cti_put_remote(cti_put *put, const ctrace_span *remote);

/* Makes it anew, with one reference. NULL when there is none, or no memory. */
ctrace_span *cti_get_remote(cti_thread *self, cti_get *get);

#endif

/* Spans in records: see record/format.h. Writing is async-signal-safe. */
#ifndef CTI_RECORD_SPAN_H
#define CTI_RECORD_SPAN_H

#include "core/span.h"
#include "record/get.h"
#include "record/put.h"

/* ---- New spans ---- */

/* At least the bytes of a record of a new span with these values, header and all. `parent` is the
 * identity of the one around it that is in the stream, or 0. */
size_t cti_put_new_size(const ctrace_span *span, uint64_t parent, const ctrace_value *values);

/* Appends what such a record consists of, and returns which kind that is. There must be room. The
 * span has its identity. */
cti_record_kind cti_put_new(cti_put *put, const ctrace_span *span, uint64_t parent,
                            const ctrace_value *values);

/* What a record of a new span says. */
typedef struct cti_beginning {
    uint64_t id;
    uint64_t parent;
    uint64_t trace[2]; /* both 0: it is not said */
    ctrace_value values[CTI_RECORD_VALUES];
} cti_beginning;

/* Reads what a SPAN_OPEN (`here` is where the thread stands), SPAN_NEW or SPAN_TRACED says, up to a
 * remote span. False when that is not whole. */
bool cti_get_new(cti_get *get, uint32_t kind, uint64_t here, uint32_t field_count,
                 cti_beginning *ret_begun);

/* ---- Recorded values ---- */

/* At least the bytes of a record of these, header and all. */
size_t cti_put_recorded_size(const ctrace_fields *fields);

/* Appends what such a record consists of. There must be room. */
void cti_put_recorded(cti_put *put, const ctrace_span *span, const ctrace_fields *fields);

/* Reads the values, behind the span's identity, and finds their keys among the span's; passes over
 * what the span has no field for. False when they are not whole. */
bool cti_get_recorded(cti_get *get, const ctrace_span *span,
                      const char *ret_keys[CTI_RECORD_VALUES],
                      ctrace_value ret_values[CTI_RECORD_VALUES], uint32_t *ret_count);

#endif

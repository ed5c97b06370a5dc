/* What a record of an event says: see record/format.h. */
#ifndef CTI_RECORD_CONTENT_H
#define CTI_RECORD_CONTENT_H

#include "core/event.h"
#include "record/get.h"
#include "record/put.h"

/* An event's values, or a printf form's arguments; and before them its message where that is not
 * the callsite's. */
typedef struct cti_content {
    cti_record_kind kind;
    bool has_text;
    ctrace_value text;
    const ctrace_value *values;
    uint32_t count;
    uint32_t missing; /* values that the callsite has fields for, and the event does not have */
} cti_content;

/* What the event says; a printf form's arguments are collected into `own`, if the format could be
 * taken apart, else its text is made now. */
void cti_content_of(const ctrace_event *event, ctrace_value own[CTI_RECORD_VALUES],
                    cti_content *ret_content);

/* Writes TRACE_LAZY texts into `texts`, and has the content refer to `own` from now on. False when
 * there is no memory. Not in a signal handler. */
bool cti_content_settle(cti_content *content, ctrace_value own[CTI_RECORD_VALUES],
                        ctrace_buf *texts);

/* Whether there are texts to be written. */
bool cti_content_has_lazy(const cti_content *content);

/* At least the bytes of a record of it, header and all. */
size_t cti_content_size(const cti_content *content);

/* Appends it. False when there is no room; strings may have become longer since they were
 * measured. */
bool cti_put_content(cti_put *put, const cti_content *content);

#endif

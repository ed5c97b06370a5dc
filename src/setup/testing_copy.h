/* Deep copies of what a capturing subscriber is told. */
#ifndef CTI_SETUP_TESTING_COPY_H
#define CTI_SETUP_TESTING_COPY_H

#include "base/buf.h"
#include "core/span.h"
#include "ctrace/testing.h"

enum { CTI_CAPTURE_MOST_FIELDS = 64 };

/* A captured thing in one piece of memory, with what it points to behind it. */
typedef struct cti_captured {
    ctrace_captured about;
    ctrace_fields fields;
    size_t index; /* among all that is captured */
    ctrace_value values[];
} cti_captured;

/* What is to be copied, with the texts of it that must be made first. */
typedef struct cti_capture_draft {
    ctrace_captured about;
    size_t name_size;
    size_t path_size;
    ctrace_value values[CTI_CAPTURE_MOST_FIELDS];
    const char *keys[CTI_CAPTURE_MOST_FIELDS];
    uint32_t count;
    size_t value_bytes, key_bytes;
    ctrace_buf text, lazy; /* the fields as text; what lazy values wrote */
    const ctrace_span *around;
    const ctrace_subscriber *viewer;
} cti_capture_draft;

/* Takes the fields over, lazy ones as texts. False when there is no memory. */
bool cti_capture_take_fields(cti_capture_draft *draft, const ctrace_fields *fields);

/* The copy, to be given back with cti_free(); NULL when there is no memory. */
cti_captured *cti_capture_copy(cti_capture_draft *draft);

/* Gives back what the draft holds itself. */
void cti_capture_release(cti_capture_draft *draft);

#endif

/* What a sink is to write: an event, or something that happened to a span. */
#ifndef CTI_ENCODE_NOTICE_H
#define CTI_ENCODE_NOTICE_H

#include "core/event.h"
#include "core/site.h"

typedef struct cti_notice {
    const cti_site *site; /* of the event, or of the span */
    const char *message;
    size_t message_size;
    const ctrace_fields *fields;
    ctrace_span *span; /* the innermost one around it that `viewer` sees, or NULL */
    const ctrace_subscriber *viewer;
    const ctrace_moment *moment;
} cti_notice;

/* Whether the message is the callsite's own text, the same every time. */
static inline bool cti_notice_is_fixed(const cti_notice *notice) {
    return notice->message == notice->site->description.name;
}

/* Whether the fields are named as the callsite says, so that what was prepared for it fits. */
static inline bool cti_fields_are_of(const ctrace_fields *fields, const cti_site *site) {
    return fields->keys == site->description.field_names &&
           fields->count <= site->description.field_count;
}

/* The values as they are now: those of a span may be replaced at any time. */
static inline ctrace_value *cti_fields_values(const ctrace_fields *fields) {
    /* acquire: pairs with the release that publishes recorded values (core/record.c) */
    return cti_load_acquire(&((ctrace_fields *)(uintptr_t)fields)->values);
}

/* A field that is not there: to be recorded later, or of a kind that this version does not know. */
static inline bool cti_value_is_absent(const ctrace_value *value) {
    return value->kind == CTRACE_VALUE_EMPTY || value->kind > CTRACE_VALUE_LAZY;
}

#endif

/* Filters: directives, a function, or a combination of filters. */
#ifndef CTI_FILTER_FILTER_H
#define CTI_FILTER_FILTER_H

#include "ctrace/filter.h"
#include "filter/directive.h"

/* Leaves (directives and functions) that one filter can combine: each has its byte in every span.
 */
enum { CTI_FILTER_LEAVES = 16 };

typedef enum cti_filter_kind {
    CTI_FILTER_DIRECTIVES,
    CTI_FILTER_FUNCTION,
    CTI_FILTER_AND,
    CTI_FILTER_OR,
    CTI_FILTER_NOT,
} cti_filter_kind;

/* A set of directives, in the order of their text. */
typedef struct cti_directives {
    cti_directive *at;
    uint32_t count;
    uint32_t capacity;
    uint8_t dynamic_verbosity; /* the most that a dynamic one can let through */
    bool reads_spans;          /* some are dynamic */
    bool reads_events;         /* some let events through by their own fields */
} cti_directives;

struct ctrace_filter {
    uintptr_t references;
    cti_filter_kind kind;
    uint32_t leaves; /* in it; those of `one` come before those of `other` */
    bool reads_spans;
    bool reads_events;
    cti_directives directives;
    bool (*wants)(void *arg, const ctrace_callsite *);
    void *arg;
    ctrace_filter *one, *other;
};

/* A new filter with one reference, all else zero; NULL when there is no memory. */
ctrace_filter *cti_filter_create(cti_filter_kind kind);

/* Takes the directive over, also on failure. False when there is no memory. */
bool cti_directives_add(cti_directives *directives, cti_directive *directive);

#endif

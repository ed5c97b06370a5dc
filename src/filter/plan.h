/* What a filter makes of one callsite: decided once, so that directives cost nothing afterwards. */
#ifndef CTI_FILTER_PLAN_H
#define CTI_FILTER_PLAN_H

#include "filter/filter.h"

/* From least to most: `and` takes the lesser of two, `or` the greater. */
typedef enum cti_verdict {
    CTI_NO,    /* never */
    CTI_GATE,  /* only while a span is entered that lets it through */
    CTI_MAYBE, /* also by what is known later: an event's fields, or the opposite of a gate */
    CTI_YES,   /* always */
} cti_verdict;

/* A dynamic directive that names this span, or this event's fields, and the leaf it belongs to. */
typedef struct cti_match {
    const cti_directive *directive;
    uint32_t leaf;
} cti_match;

typedef struct cti_plan {
    uint8_t level;                       /* the callsite's */
    uint8_t verdict;                     /* the whole filter's */
    bool reads_fields;                   /* an event's fields decide */
    uint8_t verdicts[CTI_FILTER_LEAVES]; /* each leaf's */
    uint32_t match_count;
    cti_match matches[];
} cti_plan;

/* How far open the spans entered here keep each leaf: a verbosity, 0 for closed. */
typedef struct cti_open {
    uint8_t leaves[CTI_FILTER_LEAVES];
} cti_open;

/* NULL when there is no memory. Valid as long as the filter; give back with cti_free(). */
cti_plan *cti_plan_new(const ctrace_filter *filter, const ctrace_callsite *site);

/* What the fields say: how far open a span keeps each leaf while it is entered, or what an event
 * says for itself. */
cti_open cti_plan_openness(const cti_plan *plan, const ctrace_fields *fields);

/* The decision where the entered spans keep the leaves `open`; `fields` are an event's, or NULL
 * while they are not known: then CTI_MAYBE says that they matter. */
cti_verdict cti_plan_decide(const cti_plan *plan, const ctrace_filter *filter, const cti_open *open,
                            const ctrace_fields *fields);

/* How much the static directives let through of a target. */
uint8_t cti_directives_verbosity(const cti_directives *directives, const char *target);

#endif

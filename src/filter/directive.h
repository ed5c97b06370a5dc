/* A directive, parsed.
 *
 * Inside this room a level is a verbosity: how much is let through, 0 (nothing) to 5 (up to trace),
 * as digits in directives count. Levels of callsites count the other way. */
#ifndef CTI_FILTER_DIRECTIVE_H
#define CTI_FILTER_DIRECTIVE_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrace/subscriber.h"

enum { CTI_VERBOSITY_OFF = 0, CTI_VERBOSITY_TRACE = 5 };

/* Whether `verbosity` lets a callsite of `level` through. */
static inline bool cti_verbosity_lets(unsigned verbosity, unsigned level) {
    return verbosity + level >= CTRACE_LEVEL_OFF;
}

/* A target or a span's name. */
typedef struct cti_pattern {
    char *text;  /* NUL-terminated, without a final '*'; NULL matches everything */
    size_t size; /* bytes of text */
    bool tail;   /* it ended in '*' */
} cti_pattern;

typedef enum cti_comparison {
    CTI_COMPARE_NONE, /* the field is there */
    CTI_COMPARE_EQ,
    CTI_COMPARE_NE,
    CTI_COMPARE_LT,
    CTI_COMPARE_LE,
    CTI_COMPARE_GT,
    CTI_COMPARE_GE,
    CTI_COMPARE_REGEX,
} cti_comparison;

/* One field of a directive. */
typedef struct cti_field_test {
    char *name;
    cti_comparison comparison;
    ctrace_value value; /* BOOL, I64, U64, F64 or STRING; of a regex its text. Owns as.string. */
    regex_t *regex;     /* compiled, or NULL */
} cti_field_test;

typedef struct cti_directive {
    cti_pattern target;
    cti_pattern span;
    cti_field_test *fields;
    uint32_t field_count;
    uint8_t verbosity;
} cti_directive;

/* A directive that names spans or fields. */
static inline bool cti_directive_is_dynamic(const cti_directive *directive) {
    return directive->span.text != NULL || directive->field_count != 0;
}

/* Gives back what a directive owns. */
void cti_directive_release(cti_directive *directive);
void cti_field_test_release(cti_field_test *test);

/* Whether the pattern matches a target: as a whole, up to a boundary, or with any tail. */
bool cti_pattern_matches_target(const cti_pattern *pattern, const char *target);

/* Whether the pattern matches a span's name: as a whole, or with any tail. */
bool cti_pattern_matches_name(const cti_pattern *pattern, const char *name);

/* Whether the callsite declares every field that the directive names. */
bool cti_directive_names_fields_of(const cti_directive *directive, const ctrace_callsite *site);

/* Whether every field that the directive names is there, and compares as it says. */
bool cti_directive_matches_fields(const cti_directive *directive, const ctrace_fields *fields);

#endif

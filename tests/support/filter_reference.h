/* Directives decided the slow, obvious way, to compare the library's answers with. */
#ifndef CTRACE_TESTS_FILTER_REFERENCE_H
#define CTRACE_TESTS_FILTER_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "ctrace/subscriber.h"

enum { REFERENCE_FIELDS = 2, REFERENCE_KEYS = 3 };

/* A regular expression that the reference knows by heart. */
typedef struct reference_regex {
    const char *text;
    bool (*matches)(const char *text);
} reference_regex;

extern const reference_regex reference_regexes[3];

typedef struct reference_test {
    const char *name;
    const char *comparison;       /* as in directives; "" for none */
    ctrace_value value;           /* unless it is "~" */
    const reference_regex *regex; /* if it is */
} reference_test;

typedef struct reference_directive {
    const char *target; /* "" for none, with its '*' */
    const char *span;   /* "" for none, with its '*' */
    reference_test tests[REFERENCE_FIELDS];
    size_t test_count;
    ctrace_level level; /* CTRACE_LEVEL_OFF lets nothing through */
} reference_directive;

/* A span or an event. */
typedef struct reference_thing {
    int kind; /* CTRACE_KIND_* */
    const char *target, *name;
    ctrace_level level;
    const char *keys[REFERENCE_KEYS];
    ctrace_value values[REFERENCE_KEYS];
    size_t key_count;
} reference_thing;

/* Whether the directives let `thing` through while the spans are entered. */
bool reference_lets_through(const reference_directive *directives, size_t directive_count,
                            const reference_thing *thing, const reference_thing *spans,
                            size_t span_count);

#endif

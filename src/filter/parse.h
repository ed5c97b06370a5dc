/* Directives from text. */
#ifndef CTI_FILTER_PARSE_H
#define CTI_FILTER_PARSE_H

#include "filter/directive.h"
#include "filter/scan.h"

/* Each parses what stands at the scan into zeroed memory. False on failure; the caller releases
 * what was parsed until then. `spare` is a buffer to decode texts in. */
bool cti_parse_directive(cti_scan *scan, cti_directive *directive, ctrace_buf *spare);

/* What stands between "{" (already read) and "}", both included. */
bool cti_parse_fields(cti_scan *scan, cti_directive *directive, ctrace_buf *spare);

/* A span's or field's name, quoted or not, as a copy. */
bool cti_parse_word(cti_scan *scan, const char *expected, char **ret_word, ctrace_buf *spare);

/* What an unquoted value means: a bool, an integer, a float; false when it is a string. */
bool cti_parse_literal(const char *bytes, size_t size, ctrace_value *ret_value);

/* The verbosity that a level's name or digit stands for; -1 when it is none. */
int cti_parse_level(const char *bytes, size_t size);

/* Compiles a regular expression. `at` is where it stands. */
bool cti_parse_regex(cti_scan *scan, size_t at, const char *text, regex_t **ret_regex);

/* Parses directives as the environment gives them: what is wrong is dropped, and `complaints` (may
 * be NULL) is told, a few lines each, of which the last does not end.
 *
 * Errors: CTRACE_ENOMEM. */
ctrace_status cti_filter_parse_lenient(const char *directives, ctrace_filter **ret_filter,
                                       ctrace_buf *complaints);

#endif

/* A text being parsed: where we are, and what was wrong first. */
#ifndef CTI_FILTER_SCAN_H
#define CTI_FILTER_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

typedef struct cti_scan {
    const char *text;
    size_t size;
    size_t at;
    /* of the first failure */
    ctrace_status status;
    size_t error_at;
    const char *expected; /* in words */
} cti_scan;

/* Says that something else was expected at `at`, unless something was wrong before. Returns false.
 */
bool cti_scan_expected(cti_scan *scan, size_t at, const char *expected);

/* Says that there is no memory. Returns false. */
bool cti_scan_no_memory(cti_scan *scan);

bool cti_is_space(char c);

/* Whether a character can stand in a word: an unquoted span, name or value. */
bool cti_is_word(char c);

/* Whether a character can stand in a target. */
bool cti_is_target(char c);

/* Whether a character can stand in an unquoted regular expression. */
bool cti_is_bare_regex(char c);

void cti_scan_space(cti_scan *scan);

/* The next character after white space; NUL at the end. */
char cti_scan_peek(cti_scan *scan);

/* Skips white space and, if it follows, `c`. */
bool cti_scan_accept(cti_scan *scan, char c);

/* The bytes of the run of characters that `belongs` accepts, behind white space. 0 for none. */
size_t cti_scan_run(cti_scan *scan, bool (*belongs)(char c));

/* A quoted text, decoded into `ret_text` (emptied first). The scan stands on the quote. */
bool cti_scan_quoted(cti_scan *scan, ctrace_buf *ret_text);

#endif

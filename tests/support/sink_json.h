/* A strict look at JSON: RFC 8259, valid UTF-8, and no key twice in an object. */
#ifndef CTRACE_TESTS_SINK_JSON_H
#define CTRACE_TESTS_SINK_JSON_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the text is one JSON value; if not, *ret_at is where it goes wrong. */
bool sink_json_is_valid(const char *text, size_t size, size_t *ret_at);

/* Fails the test unless every line of the text is one JSON object; returns how many there are. */
size_t sink_json_assert_lines(const char *text);

#endif

/* Text that came from outside made harmless: what control characters, escape sequences, line
 * breaks, changes of writing direction and broken UTF-8 could do to a terminal, a log or its
 * reader.
 *
 * Both functions write C0 controls and DEL, C1 controls, the line and paragraph separators and the
 * bidirectional controls as \n, \r, \t, \b, \f or \uXXXX, a backslash as \\, each maximal broken
 * part of UTF-8 as one U+FFFD, and everything else as it is. */
#ifndef CTI_ENCODE_ESCAPE_H
#define CTI_ENCODE_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Appends what stands between the quotes of a string, in JSON and in our text format: " as \". */
void cti_escape(ctrace_buf *buf, const char *bytes, size_t size);

/* Appends what stands without quotes, such as messages and names in the text format: " as it is. */
void cti_escape_bare(ctrace_buf *buf, const char *bytes, size_t size);

/* Copies the bytes as they are if they are printable ASCII without quotes and backslashes, so that
 * escaping would change nothing; else returns false, and what stands in `out` is unspecified. */
bool cti_copy_if_plain(char *out, const char *bytes, size_t size);

/* Appends two lower-case hexadecimal digits a byte. */
void cti_hex_bytes(ctrace_buf *buf, const void *bytes, size_t size);

#endif

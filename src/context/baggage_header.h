/* The baggage header as the W3C has it: reading, and making. */
#ifndef CTI_CONTEXT_BAGGAGE_HEADER_H
#define CTI_CONTEXT_BAGGAGE_HEADER_H

#include "base/buf.h"
#include "core/baggage.h"

enum { CTI_BAGGAGE_MEMBERS = 64, CTI_BAGGAGE_BYTES = 8192 };

/* Whether it is a token of HTTP. */
bool cti_baggage_is_key(const char *key, size_t size);

/* Appends a member, behind a comma where there is something already. False when there is no room
 * for it, or no memory. */
bool cti_baggage_put(ctrace_buf *list, uint32_t *count, const char *member, size_t size);

/* Appends the members of a header that are of the specification's form, without the white space in
 * them, as long as there is room. */
void cti_baggage_put_header(ctrace_buf *list, uint32_t *count, const char *header);

/* Appends the value as it is sent: percent-encoded. */
void cti_baggage_put_value(ctrace_buf *out, const char *value);

/* Baggage of a list made by the above, with one reference. NULL when there is no memory. */
cti_baggage *cti_baggage_new(const ctrace_buf *list, uint32_t count);

#endif

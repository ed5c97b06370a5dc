/* Trace context in the fields of HTTP heads. */
#ifndef HTTPD_CARRIER_H
#define HTTPD_CARRIER_H

#include "ctrace/context.h"
#include "text.h"

/* From where the request comes. False when it begins a trace; baggage is taken over all the same.
 */
bool carrier_extract(const struct head *head, ctrace_remote *ret_remote);

/* To where the request goes. */
void carrier_inject(struct text *text);

/* Whether the field is one of those that are extracted and injected. */
bool carrier_has(const char *name);

#endif

/* Answers of our own, and what all answers have in common. */
#ifndef HTTPD_RESPOND_H
#define HTTPD_RESPOND_H

#include "exchange.h"
#include "text.h"

/* A status with a short text, such as 404. */
void respond_status(struct exchange *exchange, int status);

/* Begins the head of an answer. From here on exchange->status is set, and it is settled whether the
 * connection will be kept.
 *
 * reason  Of somebody else's answer; NULL: it is ours. */
void respond_begin(struct exchange *exchange, struct text *ret_text, int status,
                   const char *reason);

/* What broke while an answer was sent ends the connection. */
void respond_broken(struct exchange *exchange, const char *what);

#endif

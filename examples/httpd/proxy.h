/* Passing requests on to the upstream, and its answers back. */
#ifndef HTTPD_PROXY_H
#define HTTPD_PROXY_H

#include "exchange.h"

/* Returns 0 when there was an answer, whole or not, or the status to answer with: 431, 502, 503,
 * 504. */
int proxy(struct exchange *exchange);

#endif

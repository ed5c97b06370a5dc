/* Who answers a request. */
#ifndef HTTPD_ROUTE_H
#define HTTPD_ROUTE_H

#include "exchange.h"

/* Has the request answered. Returns 0, or the status that is still to be answered. */
int route(struct exchange *exchange);

#endif

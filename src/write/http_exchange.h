/* One attempt: a request over a connection, which is made or used again, and the answer to it. */
#ifndef CTI_WRITE_HTTP_EXCHANGE_H
#define CTI_WRITE_HTTP_EXCHANGE_H

#include "write/http_connection.h"
#include "write/http_queue.h"
#include "write/http_response.h"

/* True when the head of an answer came, whatever it says; the body may have broken off. Else
 * connection->why says why not. Afterwards the connection is open only if it may be used again. */
bool cti_http_exchange(cti_http_connection *connection, const cti_http_url *url,
                       const cti_http_request *request, cti_http_response *response,
                       uint64_t timeout_ns);

#endif

/* A TCP connection that does not block: every wait has a deadline, and ends when the writer stops.
 */
#ifndef CTI_WRITE_HTTP_CONNECTION_H
#define CTI_WRITE_HTTP_CONNECTION_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "write/http_url.h"

typedef struct cti_http_connection {
    int fd;              /* -1 while there is none */
    bool is_used;        /* has carried a request before */
    uint64_t connect_ns; /* for each address of the server */
    const bool *stop;    /* becomes true when the writer is being freed */
    char why[160];       /* what went wrong last */
} cti_http_connection;

/* Connects to one of the server's addresses. False, and `why` says it, when none answers in time.
 * Resolving the name may take longer than the deadline: there is no call that would not. */
bool cti_http_connect(cti_http_connection *connection, const cti_http_url *url,
                      uint64_t deadline_ns);

void cti_http_disconnect(cti_http_connection *connection);

/* Whether nothing came and nobody closed it since the last answer: fit for another request. */
bool cti_http_is_quiet(const cti_http_connection *connection);

/* Sends all of it. The pieces are changed. */
bool cti_http_send(cti_http_connection *connection, struct iovec *pieces, int count,
                   uint64_t deadline_ns);

/* Waits for bytes. *ret_size is 0 when the server has closed the connection. */
bool cti_http_receive(cti_http_connection *connection, char *space, size_t space_size,
                      uint64_t deadline_ns, size_t *ret_size);

#endif

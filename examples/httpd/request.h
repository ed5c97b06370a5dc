/* What a request's head means. */
#ifndef HTTPD_REQUEST_H
#define HTTPD_REQUEST_H

#include "body.h"

struct request {
    const char *method;
    const char *target; /* as it is passed on: a path, with its query */
    size_t path_size;   /* of the path in it, without the query */
    bool is_1_1;        /* or 1.0 */
    bool is_get, is_head;
    bool persistent; /* the client would send another one */
    bool waits;      /* for "100 Continue" before it sends the body */
    struct body body;
};

/* Takes the first line in `head` apart. Returns 0, or the status to refuse it with: 400, 417, 501,
 * 505; what is known by then is set, texts are never NULL. */
int request_parse(struct head *head, struct request *ret_request);

#endif

/* What the head of an upstream's answer means. */
#ifndef HTTPD_RESPONSE_H
#define HTTPD_RESPONSE_H

#include "body.h"

struct response {
    int status;
    const char *reason;
    bool persistent; /* the upstream would take another request */
    struct body body;
};

/* Takes the first line in `head` apart.
 *
 * to_head  It answers a HEAD, so it has no body. */
bool response_parse(struct head *head, bool to_head, struct response *ret_response);

#endif

/* A request, and how far its answer is. */
#ifndef HTTPD_EXCHANGE_H
#define HTTPD_EXCHANGE_H

#include "request.h"
#include "worker.h"

struct exchange {
    struct worker *worker;
    struct stream *client;
    struct head head;
    struct request request;
    int status;    /* what was answered; 0: nothing yet */
    uint64_t sent; /* bytes of the answer's body */
    bool keep;     /* the connection can take another request */
};

#endif

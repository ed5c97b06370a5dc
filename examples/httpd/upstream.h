/* Connections to the upstream. Each worker keeps some open. */
#ifndef HTTPD_UPSTREAM_H
#define HTTPD_UPSTREAM_H

#include "worker.h"
#include "stream.h"

struct upstream {
    struct stream stream;
    bool used; /* before: it may have been closed meanwhile */
    struct upstream *next;
};

/* One that is connected. Returns 0, or the status to answer with: 502, 503, 504.
 *
 * may_be_used  One that was kept will do. */
int upstream_take(struct worker *worker, bool may_be_used, struct upstream **ret_upstream);

/* keep  It can take another request. */
void upstream_give_back(struct worker *worker, struct upstream *upstream, bool keep);

/* Closes what was kept. */
void upstream_close_all(struct worker *worker);

#endif

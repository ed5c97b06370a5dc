/* What is behind an HTTP writer. */
#ifndef CTI_WRITE_HTTP_WRITER_H
#define CTI_WRITE_HTTP_WRITER_H

#include "base/random.h"
#include "write/http_exchange.h"

typedef struct cti_http {
    char *url_text;
    cti_http_url url;
    ctrace_buf headers;    /* lines of the user's */
    char *content_type;    /* of lines */
    ctrace_buf lines_head; /* of requests that carry lines */
    uint64_t timeout_ns;
    uint64_t retry_for_ns;

    cti_http_queue queue; /* with the lock over what follows it */
    pthread_t thread;
    bool running;
    bool answering; /* the thread is inside a message's answered() */
    bool orphaned;  /* nobody waits for the thread any more: it frees all this */
    bool said_full, said_failed;

    /* The thread's own. */
    cti_http_connection connection;
    cti_http_response response;
    cti_random random;
} cti_http;

/* Takes the lock of the queue; a forked child makes itself a state of its own. */
void cti_http_enter(cti_http *http);
void cti_http_leave(cti_http *http);

/* Starts the thread unless it runs. Where there can be no more threads, the next write tries again.
 * Between enter and leave. */
void cti_http_start(cti_http *http);

/* Stops the thread, and gives up what is unsent. The state is freed, now or when the thread, busy
 * asking for an address, comes to it. */
void cti_http_stop(cti_http *http);

/* Frees the state. */
void cti_http_destroy(cti_http *http);

#endif

/* Requests that wait to be sent: a queue of bounded size, from any thread to the writer's own. */
#ifndef CTI_WRITE_HTTP_QUEUE_H
#define CTI_WRITE_HTTP_QUEUE_H

#include "base/condition.h"
#include "base/lock.h"
#include "write/http.h"
#include "write/http_url.h"

/* Lines that are written one at a time are gathered into requests of that size, and wait so long
 * for more of them. */
enum { CTI_HTTP_LINES_BYTES = 64 * 1024, CTI_HTTP_LINES_NS = 100000000 };

typedef struct cti_http_request cti_http_request;
struct cti_http_request {
    cti_http_request *next;
    uint64_t sequence; /* from 1, in the order of sending */
    uint64_t since_ns; /* when it was begun */
    bool takes_lines;  /* more may be added while it is the last one */
    size_t head_size;  /* the head, without Content-Length and what follows it */
    size_t body_size;
    size_t capacity; /* for the body */
    uint64_t spans, events;
    void (*answered)(void *arg, int status, const char *body, size_t size);
    void *arg;
    char bytes[]; /* head, then body */
};

typedef struct cti_http_queue {
    cti_lock lock;
    pthread_cond_t work;     /* for the writer's thread: something to do */
    pthread_cond_t progress; /* for who waits for it: something was done */
    uint32_t generation;     /* of the process that all this belongs to */
    /* The list is changed by single stores, so that a child forked in the middle finds it whole. */
    cti_http_request *first, *last;
    cti_http_request *taken; /* by the thread, to be sent */
    size_t used, limit;      /* bytes, `taken` and all overheads included */
    uint64_t begun;          /* sequence of the newest */
    uint64_t settled;        /* sequence of the last one that was answered or given up */
    uint64_t lost;           /* how many were given up */
    uint64_t hurry;          /* up to this sequence lines do not wait for more */
    bool is_asked;           /* somebody waits: the next retry need not be waited for */
    bool stopping;
} cti_http_queue;

void cti_http_queue_init(cti_http_queue *queue, size_t limit);
void cti_http_queue_destroy(cti_http_queue *queue); /* with what is in it */

/* Takes the lock. In a forked child it first forgets what belongs to the parent, and returns true:
 * the thread is gone as well. */
bool cti_http_queue_enter(cti_http_queue *queue);
void cti_http_queue_leave(cti_http_queue *queue);

/* Makes a request with room for `capacity` bytes of body. NULL when there is no memory. */
cti_http_request *cti_http_request_new(cti_http_text head, size_t capacity);

/* ---- All below: between enter and leave. ---- */

/* Whether there is room for a request. */
bool cti_http_queue_has_room(const cti_http_queue *queue, const cti_http_request *request);

/* Appends it, and wakes the thread. */
void cti_http_queue_push(cti_http_queue *queue, cti_http_request *request);

/* Adds lines to the last request, if it takes them. */
bool cti_http_queue_add_lines(cti_http_queue *queue, const char *bytes, size_t size);

/* Waits for a request that is due, and takes it. NULL when the writer stops, or at `until_ns`. */
cti_http_request *cti_http_queue_take(cti_http_queue *queue, uint64_t until_ns);

/* The request that was taken is done with: frees it. */
void cti_http_queue_settle(cti_http_queue *queue);

/* Counts a request as lost. */
void cti_http_queue_lose(cti_http_queue *queue, const cti_http_request *request);

/* Waits until all that is queued now is settled. */
ctrace_status cti_http_queue_wait(cti_http_queue *queue, uint64_t timeout_ns);

/* Waits so long before a retry. `is_bidden`: nobody who waits may shorten it. Returns the time that
 * it took, for the reckoning. */
uint64_t cti_http_queue_pause(cti_http_queue *queue, uint64_t delay_ns, bool is_bidden);

/* For tests: what is to be waited really instead of the delay before a retry. NULL: that delay. */
extern uint64_t (*cti_http_pause_call)(uint64_t delay_ns);

#endif

/* The HTTP writer as sinks see it that know what their bytes mean: whole request bodies, each with
 * its own path and content type, and the answers to them. */
#ifndef CTI_WRITE_HTTP_H
#define CTI_WRITE_HTTP_H

#include "ctrace/writer.h"

typedef struct cti_http_message {
    const char *path;         /* appended to the path of the writer's URL ("/v1/traces"); NULL or ""
                               * for that path itself */
    const char *content_type; /* NULL: the writer's own */
    const char *bytes;
    size_t size;
    uint64_t spans, events; /* counted as lost when the message is given up */

    /* Called once for each message that was accepted, without a lock held; may be NULL.
     *
     * status  As the server answered for good: 2xx when it took the message. 0 when it was given up
     *         without such an answer. What was not taken has been counted as lost.
     * body    Of the answer, its first 64 KiB. Valid during the call.
     *
     * Threads: the writer's own; for what is still unsent, the one that frees the writer. Never
     * after the writer is freed, and never in a child for what its parent had posted. */
    void (*answered)(void *arg, int status, const char *body, size_t size);
    void *arg;
} cti_http_message;

/* Whether ctrace_http_writer_new() made it. NULL is none. */
bool cti_writer_is_http(const ctrace_writer *writer);

/* Queues a request, which the writer's own thread then POSTs, as often as need be. Nothing blocks.
 *
 * message  Copied, with its texts and bytes.
 *
 * Threads: any. The writer's lock is not taken.
 * Errors:  CTRACE_EIO when the queue is full, CTRACE_ENOMEM: then the message is counted as lost
 *          and never answered. CTRACE_EINVAL: not an HTTP writer. */
ctrace_status cti_http_post(ctrace_writer *writer, const cti_http_message *message);

#endif

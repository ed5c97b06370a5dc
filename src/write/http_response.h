/* Reads an HTTP/1.1 answer to a POST, as it comes, in whatever pieces. No I/O, and no trust: what a
 * server may send is bounded. */
#ifndef CTI_WRITE_HTTP_RESPONSE_H
#define CTI_WRITE_HTTP_RESPONSE_H

#include "base/buf.h"

enum {
    CTI_HTTP_LINE_MAX = 8 * 1024,
    CTI_HTTP_HEAD_MAX = 32 * 1024,     /* with interim answers and trailers */
    CTI_HTTP_BODY_KEPT = 64 * 1024,    /* of the body; the rest is read and dropped */
    CTI_HTTP_ANSWER_MAX = 1024 * 1024, /* all together */
};

typedef enum cti_http_progress {
    CTI_HTTP_MORE, /* more is to come */
    CTI_HTTP_DONE,
    CTI_HTTP_BAD /* not HTTP, or beyond the bounds */
} cti_http_progress;

typedef enum cti_http_part {
    CTI_HTTP_STATUS_LINE,
    CTI_HTTP_HEADER,
    CTI_HTTP_SIZED,  /* a body, `left` bytes of it */
    CTI_HTTP_CLOSED, /* a body that ends with the connection */
    CTI_HTTP_CHUNK_SIZE,
    CTI_HTTP_CHUNK,
    CTI_HTTP_CHUNK_END,
    CTI_HTTP_TRAILER,
    CTI_HTTP_END,
    CTI_HTTP_BROKEN
} cti_http_part;

typedef struct cti_http_response {
    int status;         /* 0 until the head is whole; interim answers (1xx) do not count */
    bool keeps_alive;   /* when done, the connection is good for another request */
    int64_t wait_s;     /* Retry-After in seconds; -1: not given */
    int64_t wait_until; /* Retry-After as a date, seconds since the epoch; -1: not given */
    ctrace_buf body;    /* its first bytes */
    const char *why;    /* when bad */

    cti_http_part part;
    int read_status; /* of the status line */
    bool has_size;   /* `left` is what Content-Length says */
    bool is_chunked;
    uint64_t left;    /* of the body, or of its chunk */
    size_t head_size; /* so far */
    size_t size;      /* so far */
    size_t line_size;
    char line[CTI_HTTP_LINE_MAX];
} cti_http_response;

/* Makes it ready for an answer. The body's memory is kept: begin with a zeroed one. */
void cti_http_response_begin(cti_http_response *response);

void cti_http_response_release(cti_http_response *response);

/* Takes what came. Bytes behind the end of the answer make the connection unfit for another. */
cti_http_progress cti_http_response_take(cti_http_response *response, const char *bytes,
                                         size_t size);

/* The server has closed the connection. */
cti_http_progress cti_http_response_close(cti_http_response *response);

#endif

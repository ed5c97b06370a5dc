/* The body of an HTTP message: where it ends, and passing it on. */
#ifndef HTTPD_BODY_H
#define HTTPD_BODY_H

#include "head.h"

enum framing { BODY_LENGTH, BODY_CHUNKED, BODY_UNTIL_CLOSE };

struct body {
    enum framing framing;
    uint64_t left;      /* of the body, or of the chunk */
    bool between, over; /* after a chunk; after everything */
};

extern const struct body body_none;

/* From Content-Length and Transfer-Encoding; where there is neither, it is `otherwise`. Returns 0,
 * or the status to refuse a request with: 400, 501. */
int body_from_head(const struct head *head, struct body otherwise, struct body *ret_body);

/* The next piece, which stays where it is until the stream reads more: its size; 0 at the end; -1
 * with errno when there is no whole body, EPROTO when it is malformed. */
ssize_t body_next(struct body *body, struct stream *from, const char **ret_bytes);

/* Why passing a body on came to an end. */
enum relayed { RELAYED, RELAY_READ_FAILED, RELAY_WRITE_FAILED };

/* Passes the body on, in chunks if the receiver expects that. errno is set on failure.
 *
 * size  Grows by what was passed on. */
enum relayed body_relay(struct body *body, struct stream *from, struct stream *to, bool chunked,
                        uint64_t *size);

#endif

/* A socket as a coroutine sees it: reading and writing wait, others run meanwhile. */
#ifndef HTTPD_STREAM_H
#define HTTPD_STREAM_H

#include <stddef.h>
#include <sys/types.h>

#include "loop.h"

enum { STREAM_BYTES = 16384 };

struct stream {
    struct loop *loop;
    int fd;
    struct watch watch;
    uint64_t patience; /* what stream_allow_time() gives, in ns */
    uint64_t deadline; /* then waiting fails with ETIMEDOUT; 0: never */
    bool idle;         /* waits for nothing that has begun, until the next byte is read */
    size_t begin, end; /* what was read and not yet taken */
    char bytes[STREAM_BYTES];
};

/* Takes over the socket, also on failure. Does not clear `bytes`. False with errno. */
bool stream_open(struct stream *ret_stream, struct loop *loop, int fd, uint64_t patience);
void stream_close(struct stream *stream);

/* From now on, for what comes next. */
void stream_allow_time(struct stream *stream);

/* Waits until something changes. False with errno: ETIMEDOUT, or ECANCELED when the loop ends. */
bool stream_wait(struct stream *stream);

/* Reads more: how much; 0: the peer sends no more; -1 with errno, ENOBUFS when there is no room. */
ssize_t stream_fill(struct stream *stream);

/* Takes a line, its end taken off and a NUL put on: its length, or -1 with errno, EMSGSIZE when it
 * does not fit into `room`, ENODATA when the peer sends no more. */
ssize_t stream_line(struct stream *stream, char *line, size_t room);

/* All of it. `more`: there is more to come at once. False with errno. */
bool stream_write(struct stream *stream, const void *bytes, size_t size, bool more);

/* `size` bytes of the file. False with errno, ENODATA when the file has become shorter. */
bool stream_write_file(struct stream *stream, int file, uint64_t size);

#endif

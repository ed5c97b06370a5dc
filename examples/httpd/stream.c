#include "stream.h"

#include <errno.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

bool stream_open(struct stream *ret_stream, struct loop *loop, int fd, uint64_t patience) {
    ret_stream->loop = loop;
    ret_stream->fd = fd;
    ret_stream->watch.waiter = NULL;
    ret_stream->patience = patience;
    ret_stream->idle = false;
    ret_stream->begin = ret_stream->end = 0;
    stream_allow_time(ret_stream);
    if (!loop_watch(loop, fd, &ret_stream->watch)) {
        close(fd);
        return false;
    }
    return true;
}

void stream_close(struct stream *stream) {
    close(stream->fd);
}

void stream_allow_time(struct stream *stream) {
    stream->deadline = stream->loop->now + stream->patience;
}

bool stream_wait(struct stream *stream) {
    switch (loop_wait(stream->loop, &stream->watch, stream->deadline, stream->idle)) {
    case WAKE_READY:
        return true;
    case WAKE_TIMEOUT:
        errno = ETIMEDOUT;
        return false;
    default:
        errno = ECANCELED;
        return false;
    }
}

/* Whether to try again what has just failed with errno. */
static bool may_go_on(struct stream *stream) {
    if (errno == EINTR) {
        return true;
    }
    return (errno == EAGAIN || errno == EWOULDBLOCK) && stream_wait(stream);
}

/* ---- Reading ---- */

static void make_room(struct stream *stream) {
    if (stream->begin > 0) {
        memmove(stream->bytes, stream->bytes + stream->begin, stream->end - stream->begin);
        stream->end -= stream->begin;
        stream->begin = 0;
    }
}

ssize_t stream_fill(struct stream *stream) {
    make_room(stream);
    if (stream->end == STREAM_BYTES) {
        errno = ENOBUFS;
        return -1;
    }
    ssize_t size;
    do {
        size = recv(stream->fd, stream->bytes + stream->end, STREAM_BYTES - stream->end, 0);
    } while (size < 0 && may_go_on(stream));
    if (size > 0) {
        stream->idle = false;
        stream->end += (size_t)size;
    }
    return size;
}

/* How much of the buffer the next line takes, its end included; 0: there is no whole line yet. */
static size_t whole_line(const struct stream *stream, size_t searched) {
    const char *from = stream->bytes + stream->begin;
    const size_t size = stream->end - stream->begin;
    const char *end = memchr(from + searched, '\n', size - searched);
    return end == NULL ? 0 : (size_t)(end - from) + 1;
}

ssize_t stream_line(struct stream *stream, char *line, size_t room) {
    size_t searched = 0;
    size_t size;
    while ((size = whole_line(stream, searched)) == 0) {
        searched = stream->end - stream->begin;
        const ssize_t got = searched > room ? -1 : stream_fill(stream);
        if (got <= 0) {
            errno = got == 0 ? ENODATA : searched > room || errno == ENOBUFS ? EMSGSIZE : errno;
            return -1;
        }
    }
    const char *from = stream->bytes + stream->begin;
    stream->begin += size;
    size -= size > 1 && from[size - 2] == '\r' ? 2 : 1;
    if (size >= room) {
        errno = EMSGSIZE;
        return -1;
    }
    memcpy(line, from, size);
    line[size] = '\0';
    return (ssize_t)size;
}

/* ---- Writing ---- */

bool stream_write(struct stream *stream, const void *bytes, size_t size, bool more) {
    const char *at = bytes;
    while (size > 0) {
        const ssize_t sent = send(stream->fd, at, size, MSG_NOSIGNAL | (more ? MSG_MORE : 0));
        if (sent < 0 && !may_go_on(stream)) {
            return false;
        }
        at += sent < 0 ? 0 : sent;
        size -= sent < 0 ? 0 : (size_t)sent;
    }
    return true;
}

bool stream_write_file(struct stream *stream, int file, uint64_t size) {
    enum { AT_ONCE = 1 << 18 }; /* then others have their turn */
    while (size > 0) {
        stream_allow_time(stream);
        const ssize_t sent = sendfile(stream->fd, file, NULL, size < AT_ONCE ? size : AT_ONCE);
        if (sent == 0) {
            errno = ENODATA;
        }
        if (sent == 0 || (sent < 0 && !may_go_on(stream))) {
            return false;
        }
        size -= sent < 0 ? 0 : (uint64_t)sent;
    }
    return true;
}

#include "write/http_connection.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/atomic.h"
#include "base/clock.h"
#include "base/error_text.h"

/* So long it may take until a stop is noticed, while a server is waited for. */
enum { LOOK_MS = 100, NS_PER_MS = 1000000 };

static bool fail(cti_http_connection *connection, const char *what, int error) {
    char space[CTI_ERROR_TEXT_MAX];
    snprintf(connection->why, sizeof connection->why, "%s: %s", what,
             error == ETIMEDOUT ? "no answer in time" : cti_error_text(error, space));
    return false;
}

/* ---- Waiting ---- */

static int milliseconds_until(uint64_t deadline_ns, uint64_t now) {
    const uint64_t left = (deadline_ns - now) / NS_PER_MS + 1;
    return left < LOOK_MS ? (int)left : LOOK_MS;
}

/* 0 once the descriptor is ready (or has failed, as the next call on it will tell), else an errno
 * value. */
static int wait_for(const cti_http_connection *connection, short events, uint64_t deadline_ns) {
    struct pollfd polled = {.fd = connection->fd, .events = events};
    for (;;) {
        const uint64_t now = cti_clock_monotonic_ns();
        if (cti_load_relaxed(connection->stop)) {
            return ECANCELED;
        }
        if (now >= deadline_ns) {
            return ETIMEDOUT;
        }
        const int ready = poll(&polled, 1, milliseconds_until(deadline_ns, now));
        if (ready > 0) {
            return 0;
        }
        if (ready < 0 && errno != EINTR) {
            return errno;
        }
    }
}

/* ---- Connecting ---- */

/* A non-blocking socket that no program which the host starts inherits. */
static int make_socket(int family, int type) {
#if defined(SOCK_CLOEXEC) && defined(SOCK_NONBLOCK)
    return socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
#else
    const int fd = socket(family, type, 0);
    if (fd >= 0) {
        fcntl(fd, F_SETFD, FD_CLOEXEC);
        fcntl(fd, F_SETFL, O_NONBLOCK);
    }
    return fd;
#endif
}

/* Requests are written with one call each, so there is nothing to gather. */
static void make_prompt(int fd) {
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static int finish_connecting(const cti_http_connection *connection, uint64_t deadline_ns) {
    const int error = wait_for(connection, POLLOUT, deadline_ns);
    if (error != 0) {
        return error;
    }
    int result = 0;
    socklen_t size = sizeof result;
    return getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &result, &size) == 0 ? result : errno;
}

static int connect_to(cti_http_connection *connection, const struct addrinfo *address,
                      uint64_t deadline_ns) {
    const int fd = make_socket(address->ai_family, address->ai_socktype);
    if (fd < 0) {
        return errno;
    }
    connection->fd = fd;
    make_prompt(fd);
    int error = connect(fd, address->ai_addr, address->ai_addrlen) == 0 ? 0 : errno;
    if (error == EINPROGRESS || error == EINTR) {
        error = finish_connecting(connection, deadline_ns);
    }
    if (error != 0) {
        cti_http_disconnect(connection);
    }
    return error;
}

static uint64_t sooner(uint64_t deadline_ns, uint64_t after_ns) {
    const uint64_t now = cti_clock_monotonic_ns();
    return now < deadline_ns && after_ns < deadline_ns - now ? now + after_ns : deadline_ns;
}

static bool resolve(cti_http_connection *connection, const cti_http_url *url,
                    struct addrinfo **ret_addresses) {
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    const int error = getaddrinfo(url->host, url->port, &hints, ret_addresses);
    if (error != 0) {
        snprintf(connection->why, sizeof connection->why, "finding the host: %s",
                 error == EAI_SYSTEM ? "the system failed" : gai_strerror(error));
    }
    return error == 0;
}

bool cti_http_connect(cti_http_connection *connection, const cti_http_url *url,
                      uint64_t deadline_ns) {
    struct addrinfo *addresses = NULL;
    if (!resolve(connection, url, &addresses)) {
        return false;
    }
    int error = EADDRNOTAVAIL;
    for (const struct addrinfo *at = addresses; at != NULL && error != 0; at = at->ai_next) {
        error = connect_to(connection, at, sooner(deadline_ns, connection->connect_ns));
    }
    freeaddrinfo(addresses);
    connection->is_used = false;
    return error == 0 || fail(connection, "connecting", error);
}

void cti_http_disconnect(cti_http_connection *connection) {
    const int fd = connection->fd;
    /* first, so that a child which is forked in between closes nothing that is not this */
    cti_store_release(&connection->fd, -1);
    if (fd >= 0) {
        close(fd);
    }
}

/* ---- Sending and receiving ---- */

bool cti_http_is_quiet(const cti_http_connection *connection) {
    struct pollfd polled = {.fd = connection->fd, .events = POLLIN};
    return poll(&polled, 1, 0) == 0;
}

/* Moves on behind what was sent; returns how many pieces are left. */
static int skip(struct iovec **pieces, int count, size_t sent) {
    while (count != 0 && sent >= (*pieces)->iov_len) {
        sent -= (*pieces)->iov_len;
        (*pieces)++;
        count--;
    }
    if (count != 0) {
        (*pieces)->iov_base = (char *)(*pieces)->iov_base + sent;
        (*pieces)->iov_len -= sent;
    }
    return count;
}

bool cti_http_send(cti_http_connection *connection, struct iovec *pieces, int count,
                   uint64_t deadline_ns) {
    while (count != 0) {
        /* SIGPIPE does nobody harm: the writer's thread has all signals blocked */
        const ssize_t sent = writev(connection->fd, pieces, count);
        if (sent >= 0) {
            count = skip(&pieces, count, (size_t)sent);
            continue;
        }
        int error = errno;
        if (error == EAGAIN || error == EWOULDBLOCK || error == EINTR) {
            error = wait_for(connection, POLLOUT, deadline_ns);
        }
        if (error != 0) {
            return fail(connection, "sending", error);
        }
    }
    return true;
}

bool cti_http_receive(cti_http_connection *connection, char *space, size_t space_size,
                      uint64_t deadline_ns, size_t *ret_size) {
    for (;;) {
        int error = wait_for(connection, POLLIN, deadline_ns);
        if (error != 0) {
            return fail(connection, "waiting for the answer", error);
        }
        const ssize_t got = recv(connection->fd, space, space_size, 0);
        if (got >= 0) {
            *ret_size = (size_t)got;
            return true;
        }
        error = errno;
        if (error != EAGAIN && error != EWOULDBLOCK && error != EINTR) {
            return fail(connection, "waiting for the answer", error);
        }
    }
}

#include "write/descriptor.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/quiet.h"
#include "write/uncancelled.h"

enum { NS_PER_MS = 1000000 };

ssize_t (*cti_descriptor_write_call)(int fd, const void *bytes, size_t size) = write;

/* Regular files raise SIGXFSZ only where somebody set a limit, so that others pay nothing. */
static int deadly_signal_of(mode_t mode) {
    if (S_ISFIFO(mode) || S_ISSOCK(mode)) {
        return SIGPIPE;
    }
    struct rlimit limit;
    const bool limited =
        S_ISREG(mode) && getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
    return limited ? SIGXFSZ : 0;
}

bool cti_descriptor_look(cti_descriptor *descriptor, int fd) {
    struct stat about;
    if (fstat(fd, &about) != 0) {
        return false;
    }
    descriptor->fd = fd;
    descriptor->deadly_signal = deadly_signal_of(about.st_mode);
    descriptor->is_socket = S_ISSOCK(about.st_mode);
    descriptor->size = S_ISREG(about.st_mode) && about.st_size > 0 ? (uint64_t)about.st_size : 0;
    descriptor->looked_ns = cti_clock_coarse_ns();
    return true;
}

static ssize_t write_some(const cti_descriptor *descriptor, const char *bytes, size_t size) {
#if defined(MSG_NOSIGNAL)
    if (descriptor->is_socket) {
        return send(descriptor->fd, bytes, size, MSG_NOSIGNAL);
    }
#endif
    if (descriptor->deadly_signal == 0) {
        return cti_descriptor_write_call(descriptor->fd, bytes, size);
    }
    cti_quiet quiet;
    cti_quiet_begin(&quiet, descriptor->deadly_signal);
    const ssize_t written = cti_descriptor_write_call(descriptor->fd, bytes, size);
    /* Linux raises it also where part was written before the reader left, and returns that part. */
    cti_quiet_end(&quiet, written < 0 || (size_t)written < size);
    return written;
}

typedef struct patience {
    uint64_t whole_ns;
    uint64_t deadline_ns; /* 0 before the first wait */
} patience;

static uint64_t start_waiting(patience *wait, uint64_t now) {
    const bool again = wait->deadline_ns != 0;
    if (again) {
        /* Some sockets say they are ready and refuse all the same: do not spin. */
        cti_sleep_ns(NS_PER_MS);
    } else {
        wait->deadline_ns = wait->whole_ns < UINT64_MAX - now ? now + wait->whole_ns : UINT64_MAX;
    }
    return wait->deadline_ns > now ? wait->deadline_ns - now : 0;
}

/* Returns 0 when it is worth trying again. */
static int wait_until_writable(cti_descriptor *descriptor, patience *wait) {
    const uint64_t left_ns = start_waiting(wait, cti_clock_monotonic_ns());
    if (descriptor->is_stuck || left_ns == 0) {
        descriptor->is_stuck = wait->whole_ns != 0;
        return EAGAIN;
    }
    const uint64_t left_ms = left_ns / NS_PER_MS + 1;
    struct pollfd asked = {.fd = descriptor->fd, .events = POLLOUT};
    poll(&asked, 1, left_ms < INT_MAX ? (int)left_ms : INT_MAX);
    return 0; /* whatever it was that ended poll(), write() says it better */
}

/* What to do about a failed write: 0 to try again, else the error. */
static int recover(cti_descriptor *descriptor, int error, patience *wait) {
    if (error == EINTR) {
        return 0;
    }
    if (error == EAGAIN || error == EWOULDBLOCK) {
        return wait_until_writable(descriptor, wait);
    }
    if (error == ENOTSOCK && cti_descriptor_look(descriptor, descriptor->fd)) {
        return descriptor->is_socket ? error : 0; /* somebody used dup2() */
    }
    return error;
}

int cti_descriptor_write(cti_descriptor *descriptor, const char *bytes, size_t size,
                         uint64_t patience_ns, size_t *ret_written) {
    const int cancel_state = cti_cancel_off();
    patience wait = {.whole_ns = patience_ns};
    size_t done = 0;
    int error = 0;
    while (done < size && error == 0) {
        const ssize_t written = write_some(descriptor, bytes + done, size - done);
        if (written > 0) {
            done += (size_t)written;
            descriptor->is_stuck = false;
        } else {
            error = written == 0 ? EIO : recover(descriptor, errno, &wait);
        }
    }
    cti_cancel_restore(cancel_state);
    descriptor->size += done;
    *ret_written = done;
    return error;
}

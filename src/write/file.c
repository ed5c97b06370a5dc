#include "write/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error_text.h"
#include "base/memory.h"
#include "core/status.h"
#include "write/uncancelled.h"

enum { DEFAULT_MODE = 0644 };

/* A little under the second that is promised: the coarse clock is some milliseconds late. */
static const uint64_t CHECK_EVERY_NS = UINT64_C(900000000);

char *cti_absolute_path(const char *path) {
    char folder[PATH_MAX];
    if (path[0] == '/' || getcwd(folder, sizeof folder) == NULL) {
        return cti_copy_text(path, strlen(path));
    }
    const size_t size = strlen(folder) + 1 + strlen(path) + 1;
    char *joined = cti_alloc(size);
    if (joined != NULL) {
        snprintf(joined, size, "%s/%s", folder, path);
    }
    return joined;
}

/* Where the host closed one of the standard streams, its number is not for a log file: what is
 * printed by accident would end up there. */
static int above_standard_streams(int fd) {
    if (fd < 0 || fd > STDERR_FILENO) {
        return fd;
    }
    const int moved = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    const int error = errno;
    close(fd);
    errno = error;
    return moved;
}

/* O_NONBLOCK means nothing to a regular file. With it, a FIFO without a reader is an error instead
 * of a host that hangs. */
int cti_file_open(int folder, const char *name, int more_flags, mode_t mode) {
    const int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    int fd;
    do {
        fd = openat(folder, name, flags | more_flags, mode);
    } while (fd < 0 && errno == EINTR);
    return above_standard_streams(fd);
}

static bool remember(cti_file *file, int fd) {
    struct stat about;
    if (fstat(fd, &about) != 0) {
        return false;
    }
    file->device = about.st_dev;
    file->inode = about.st_ino;
    file->is_regular = S_ISREG(about.st_mode);
    file->modified_s = (int64_t)about.st_mtime;
    file->checked_ns = cti_clock_coarse_ns();
    return true;
}

/* Whether the file ends inside a line, as where a process died that wrote it; not if that cannot be
 * found out. */
static bool ends_in_line(const cti_file *file) {
    char last = '\n';
    const int fd = file->is_regular && file->output.to.size != 0
                       ? open(file->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
                       : -1;
    if (fd >= 0) {
        if (pread(fd, &last, 1, (off_t)file->output.to.size - 1) != 1) {
            last = '\n';
        }
        close(fd);
    }
    return last != '\n';
}

static bool begin_output(cti_file *file, bool truncate) {
    const int fd = cti_file_open(AT_FDCWD, file->path, truncate ? O_TRUNC : 0, file->mode);
    if (fd < 0) {
        char space[CTI_ERROR_TEXT_MAX];
        cti_fail(CTRACE_EIO, "cannot open %s: %s", file->path, cti_error_text(errno, space));
        return false;
    }
    if (!cti_output_begin(&file->output, fd, true, file->path) || !remember(file, fd)) {
        close(fd);
        return false;
    }
    file->output.is_cut = ends_in_line(file);
    return true;
}

bool cti_file_begin(cti_file *file, const char *path, unsigned mode, bool truncate) {
    if (path == NULL || path[0] == '\0') {
        cti_fail(CTRACE_EINVAL, "a file writer needs a path");
        return false;
    }
    file->mode = mode == 0 ? DEFAULT_MODE : (mode_t)(mode & 07777u);
    file->path = cti_absolute_path(path);
    if (file->path == NULL) {
        cti_fail_memory("the path of a file writer");
        return false;
    }
    if (!begin_output(file, truncate)) {
        cti_free(file->path);
        return false;
    }
    return true;
}

void cti_file_end(cti_file *file) {
    cti_output_end(&file->output);
    cti_free(file->path);
}

bool cti_file_is_in_place(const cti_file *file) {
    struct stat about;
    return stat(file->path, &about) == 0 && about.st_dev == file->device &&
           about.st_ino == file->inode;
}

bool cti_file_adopt(cti_file *file, int fd) {
    if (!remember(file, fd) || !cti_output_switch(&file->output, fd)) {
        const int error = errno;
        close(fd);
        errno = error;
        return false;
    }
    return true;
}

bool cti_file_reopen(cti_file *file) {
    const int fd = cti_file_open(AT_FDCWD, file->path, 0, file->mode);
    if (fd >= 0 && cti_file_adopt(file, fd)) {
        return true;
    }
    cti_output_lose(&file->output, "open", 0, errno);
    return false;
}

/* Others may write to the same file, so its size is asked for too. */
static bool check(cti_file *file) {
    if (!cti_file_is_in_place(file)) {
        return cti_file_reopen(file);
    }
    cti_descriptor_look(&file->output.to, file->output.to.fd);
    return false;
}

bool cti_file_check(cti_file *file) {
    const uint64_t now = cti_clock_coarse_ns();
    if (now - file->checked_ns < CHECK_EVERY_NS) {
        return false;
    }
    file->checked_ns = now;
    const int cancel_state = cti_cancel_off();
    const bool is_another = check(file);
    cti_cancel_restore(cancel_state);
    return is_another;
}

#define TRACE_TARGET "httpd::files"
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctrace/trace.h"
#include "path.h"
#include "respond.h"

static const char *media_type(const char *path) {
    static const struct {
        const char *ending, *type;
    } types[] = {
        {".html", "text/html; charset=utf-8"},
        {".txt", "text/plain; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".json", "application/json"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".jpg", "image/jpeg"},
    };
    const char *ending = strrchr(path, '.');
    for (size_t i = 0; ending != NULL && i < sizeof types / sizeof types[0]; i++) {
        if (strcasecmp(ending, types[i].ending) == 0) {
            return types[i].type;
        }
    }
    return "application/octet-stream";
}

static int status_of_errno(void) {
    switch (errno) {
    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG:
    case ELOOP:
        return 404;
    case EACCES:
    case EPERM:
        return 403;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
        return 503;
    default:
        return 500;
    }
}

/* ---- Inside of the root ---- */

/* The kernel knows where an open file lies, whichever links led there. */
static bool name_by_kernel(int fd, char (*ret_name)[64], char *ret_place, size_t size) {
    snprintf(*ret_name, sizeof *ret_name, "/proc/self/fd/%d", fd);
    const ssize_t length = readlink(*ret_name, ret_place, size - 1);
    if (length < 0) {
        return false;
    }
    ret_place[length] = '\0';
    return true;
}

/* Opens for reading what is held without having touched it. */
static int open_held(const struct server *server, int held, int *ret_fd) {
    char name[64];
    char place[PATH_MAX];
    if (!name_by_kernel(held, &name, place, sizeof place)) {
        return status_of_errno();
    }
    if (!path_is_below(place, server->root)) {
        TRACE_WARN("outside of the root", ("file.path", place));
        return 403;
    }
    *ret_fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    return *ret_fd < 0 ? status_of_errno() : 0;
}

static int open_below(const struct server *server, const char *path, int *ret_fd) {
    const int held = openat(server->root_fd, path, O_PATH | O_CLOEXEC);
    if (held < 0) {
        return status_of_errno();
    }
    struct stat status;
    int refused = fstat(held, &status) != 0 ? status_of_errno() : 0;
    if (refused == 0) {
        refused = S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)
                      ? open_held(server, held, ret_fd)
                      : 403;
    }
    close(held);
    return refused;
}

/* ---- Finding ---- */

static int take(int fd, const char *path, struct file *ret_file, bool *ret_is_folder) {
    struct stat status;
    if (fstat(fd, &status) != 0) {
        return status_of_errno();
    }
    *ret_is_folder = S_ISDIR(status.st_mode);
    *ret_file = (struct file){fd, (uint64_t)status.st_size, media_type(path)};
    return 0;
}

static int find(const struct server *server, const char *path, struct file *ret_file,
                bool *ret_is_folder) {
    int fd;
    int refused = open_below(server, path, &fd);
    if (refused != 0) {
        return refused;
    }
    refused = take(fd, path, ret_file, ret_is_folder);
    if (refused != 0 || *ret_is_folder) {
        close(fd);
    }
    return refused;
}

int files_find(const struct server *server, const struct request *request, struct file *ret_file) {
    static const char index[] = "/index.html";
    char path[PATH_MAX];
    bool is_folder;
    int refused =
        path_decode(request->target, request->path_size, path, sizeof path - sizeof index);
    if (refused != 0) {
        return refused;
    }
    refused = find(server, path, ret_file, &is_folder);
    if (refused == 0 && is_folder) {
        strcat(path, index);
        refused = find(server, path, ret_file, &is_folder);
        return refused == 0 && is_folder ? 404 : refused;
    }
    return refused;
}

/* ---- Answering ---- */

void files_send(struct exchange *exchange, const struct file *file) {
    TRACE_SPAN_AT(CTRACE_LEVEL_DEBUG, "respond", ("http.response.status_code", 200));
    struct text text;
    respond_begin(exchange, &text, 200, NULL);
    text_put_field(&text, "Content-Type", file->type);
    text_put(&text, "Content-Length: %llu\r\n", (unsigned long long)file->size);
    const bool with_body = exchange->request.is_get && file->size > 0;
    if (!text_send(&text, exchange->client, with_body)) {
        respond_broken(exchange, "writing the head");
        return;
    }
    if (with_body && !stream_write_file(exchange->client, file->fd, file->size)) {
        respond_broken(exchange, "writing the file");
        return;
    }
    exchange->sent = with_body ? file->size : 0;
    TRACE_DEBUG("sent", ("http.response.body.size", exchange->sent));
}

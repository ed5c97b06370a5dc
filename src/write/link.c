#include "write/link.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

static bool leads_to(const char *link, const char *path) {
    const size_t size = strlen(path);
    char *target = cti_alloc(size + 1);
    if (target == NULL) {
        return false;
    }
    const ssize_t found = readlink(link, target, size + 1);
    const bool same = found >= 0 && (size_t)found == size && memcmp(target, path, size) == 0;
    cti_free(target);
    return same;
}

/* Made under a name of this process and renamed, so that who follows the link always finds one. */
static bool replace(const char *link, const char *path) {
    const size_t size = strlen(link) + 32;
    char *fresh = cti_alloc(size);
    if (fresh == NULL) {
        errno = ENOMEM;
        return false;
    }
    snprintf(fresh, size, "%s.%ld.tmp", link, (long)getpid());
    unlink(fresh);
    const bool made = symlink(path, fresh) == 0;
    const bool replaced = made && rename(fresh, link) == 0;
    const int error = errno;
    if (made && !replaced) {
        unlink(fresh);
    }
    cti_free(fresh);
    errno = error;
    return replaced;
}

bool cti_link_point(const char *link, const char *path) {
    struct stat about;
    if (lstat(link, &about) != 0) {
        return errno == ENOENT && replace(link, path);
    }
    if (!S_ISLNK(about.st_mode)) {
        errno = EEXIST;
        return false;
    }
    return leads_to(link, path) || replace(link, path);
}

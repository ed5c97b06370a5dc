#include "write/rotation.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/syscall.h>
#endif

#include "base/clock.h"
#include "base/memory.h"
#include "write/file.h"
#include "write/rotated.h"

enum { LOCK_TRIES = 100, NS_PER_MS = 1000000 };

struct cti_rotation_test cti_rotation_test;

static const char *base_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

bool cti_rotation_name_fits(const char *path) {
    const size_t size = strlen(base_of(path));
    return size != 0 && size + sizeof ".4294967295" <= CTI_ROTATED_NAME_MAX;
}

static int open_folder_of(const char *path) {
    const size_t size = (size_t)(base_of(path) - path);
    char *folder = size == 0 ? cti_copy_text(".", 1) : cti_copy_text(path, size);
    if (folder == NULL) {
        errno = ENOMEM;
        return -1;
    }
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const int error = errno;
    cti_free(folder);
    errno = error;
    return fd;
}

/* Some file systems know no locks: then nobody is kept out, and nobody is hindered. */
static bool lock_folder(int folder) {
    for (int tries = 0; tries < LOCK_TRIES; tries++) {
        if (flock(folder, LOCK_EX | LOCK_NB) == 0 || (errno != EWOULDBLOCK && errno != EINTR)) {
            return true;
        }
        cti_sleep_ns(NS_PER_MS);
    }
    errno = EBUSY;
    return false;
}

bool cti_rotation_begin(cti_rotation *rotation, const char *path) {
    rotation->name = base_of(path);
    rotation->folder = open_folder_of(path);
    if (rotation->folder < 0) {
        return false;
    }
    if (!lock_folder(rotation->folder)) {
        close(rotation->folder);
        errno = EBUSY;
        return false;
    }
    return true;
}

/* Not only close(): a child that was forked meanwhile has the descriptor, and the lock, too. */
void cti_rotation_end(cti_rotation *rotation) {
    flock(rotation->folder, LOCK_UN);
    close(rotation->folder);
}

static bool step(bool worked) {
    if (cti_rotation_test.after_step != NULL) {
        const int error = errno;
        cti_rotation_test.after_step();
        errno = error;
    }
    return worked;
}

static bool rename_in(const cti_rotation *rotation, const char *from, const char *to) {
    return step(renameat(rotation->folder, from, rotation->folder, to) == 0);
}

static bool delete_number(const cti_rotation *rotation, uint32_t number) {
    char name[CTI_ROTATED_NAME_MAX];
    cti_rotated_name(name, rotation->name, number);
    return step(unlinkat(rotation->folder, name, 0) == 0 || errno == ENOENT);
}

/* NAME.0 is a name for a moment, and an empty file is never rotated: a crash left them. */
static bool mend(const cti_rotation *rotation, cti_rotated_list *list) {
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        const cti_rotated file = list->files[i];
        const bool is_left_over = file.number <= 1 && file.size == 0;
        if (is_left_over && !delete_number(rotation, file.number)) {
            return false;
        }
        if (!is_left_over && file.number != 0) {
            list->files[kept++] = file;
        }
    }
    list->count = kept;
    return true;
}

static uint64_t size_of(const cti_rotated_list *list) {
    uint64_t size = 0;
    for (size_t i = 0; i < list->count; i++) {
        size += list->files[i].size;
    }
    return size;
}

/* Deletes from the oldest on. */
static bool purge(const cti_rotation *rotation, cti_rotated_list *list, uint64_t size,
                  uint32_t keep_files, uint64_t keep_bytes) {
    uint64_t total = size_of(list) + size;
    while (list->count != 0 && ((keep_files != 0 && list->count >= keep_files) ||
                                (keep_bytes != 0 && total > keep_bytes))) {
        const cti_rotated oldest = list->files[--list->count];
        total -= oldest.size;
        if (!delete_number(rotation, oldest.number)) {
            return false;
        }
    }
    return true;
}

/* Moves the numbers up to the first hole by one, the largest first: none is ever overwritten. */
static bool renumber(const cti_rotation *rotation, const cti_rotated_list *list) {
    uint32_t hole = 1;
    while (hole <= list->count && list->files[hole - 1].number == hole) {
        hole++;
    }
    for (uint32_t to = hole; to > 1; to--) {
        char old[CTI_ROTATED_NAME_MAX];
        char new[CTI_ROTATED_NAME_MAX];
        cti_rotated_name(old, rotation->name, to - 1);
        cti_rotated_name(new, rotation->name, to);
        if (!rename_in(rotation, old, new)) {
            return false;
        }
    }
    return true;
}

bool cti_rotation_make_room(const cti_rotation *rotation, uint64_t size, uint32_t keep_files,
                            uint64_t keep_bytes) {
    cti_rotated_list list;
    if (!cti_rotated_find(&list, rotation->folder, rotation->name)) {
        return false;
    }
    const bool works = mend(rotation, &list) &&
                       purge(rotation, &list, size, keep_files, keep_bytes) &&
                       renumber(rotation, &list);
    const int error = errno;
    cti_rotated_release(&list);
    errno = error;
    return works;
}

/* Both names are there at every moment. False where the system or the file system cannot do it. */
static bool exchange(const cti_rotation *rotation, const char *one, const char *other) {
#if defined(__linux__) && defined(SYS_renameat2)
    const unsigned exchange_flag = 1u << 1; /* RENAME_EXCHANGE, which older headers lack */
    return !cti_rotation_test.no_exchange &&
           step(syscall(SYS_renameat2, rotation->folder, one, rotation->folder, other,
                        exchange_flag) == 0);
#else
    (void)rotation;
    (void)one;
    (void)other;
    return false;
#endif
}

/* For who cannot exchange: NAME is missing between the second step and the third. */
static bool exchange_by_renames(const cti_rotation *rotation, const char *first) {
    const char *name = rotation->name;
    char aside[CTI_ROTATED_NAME_MAX];
    cti_rotated_name(aside, name, 0);
    if (!rename_in(rotation, first, aside)) {
        return false;
    }
    if (!rename_in(rotation, name, first)) {
        rename_in(rotation, aside, first);
        return false;
    }
    if (!rename_in(rotation, aside, name)) {
        rename_in(rotation, first, name);
        return false;
    }
    return true;
}

int cti_rotation_swap(const cti_rotation *rotation, mode_t mode) {
    char first[CTI_ROTATED_NAME_MAX];
    cti_rotated_name(first, rotation->name, 1);
    const int fd = cti_file_open(rotation->folder, first, O_EXCL, mode);
    if (fd < 0) {
        return -1;
    }
    step(true);
    if (exchange(rotation, rotation->name, first) || exchange_by_renames(rotation, first)) {
        return fd;
    }
    const int error = errno;
    unlinkat(rotation->folder, first, 0);
    close(fd);
    errno = error;
    return -1;
}

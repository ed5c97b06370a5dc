/* A file known by its name: made if need be, and opened again when the name leads elsewhere. */
#ifndef CTI_WRITE_FILE_H
#define CTI_WRITE_FILE_H

#include <sys/types.h>

#include "write/output.h"

typedef struct cti_file {
    cti_output output;
    char *path; /* absolute */
    mode_t mode;
    dev_t device;
    ino_t inode;
    bool is_regular;
    int64_t modified_s; /* when opened: its last change, seconds since the epoch */
    uint64_t checked_ns;
} cti_file;

/* Opens `path`. False when it cannot, and the failure is said; `file` needs no end then. */
bool cti_file_begin(cti_file *file, const char *path, unsigned mode, bool truncate);
void cti_file_end(cti_file *file);

/* Whether the name still leads to the file that is open. */
bool cti_file_is_in_place(const cti_file *file);

/* Looks, at most about once a second, whether that is so, and opens the file again if not. Returns
 * whether another file is open now. */
bool cti_file_check(cti_file *file);

/* Opens it again by its name. On failure the one that is open stays; counted and said. */
bool cti_file_reopen(cti_file *file);

/* Goes on with `fd`, which is what the name leads to now. Taken over, also on failure: then errno
 * says why. */
bool cti_file_adopt(cti_file *file, int fd);

/* Opens `name` in `folder` for appending, as a descriptor that is not 0, 1 or 2. -1 with errno. */
int cti_file_open(int folder, const char *name, int more_flags, mode_t mode);

/* A copy of `path` that chdir() does not change the meaning of, or NULL. */
char *cti_absolute_path(const char *path);

#endif

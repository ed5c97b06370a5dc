/* Bytes to a descriptor, as many as it takes: signals, short writes and full pipes are dealt with
 * here. */
#ifndef CTI_WRITE_DESCRIPTOR_H
#define CTI_WRITE_DESCRIPTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct cti_descriptor {
    int fd;
    int deadly_signal; /* what a failing write would raise: SIGPIPE, SIGXFSZ, or 0 */
    bool is_socket;
    bool is_stuck;      /* was waited for in vain: not again before something was written */
    uint64_t size;      /* of what is behind it: when looked at, plus what was written since */
    uint64_t looked_ns; /* coarse clock */
} cti_descriptor;

/* Takes note of what kind of thing `fd` is now. False, with errno, when it is nothing. */
bool cti_descriptor_look(cti_descriptor *descriptor, int fd);

/* Writes, and returns 0 or the error that stopped it (EAGAIN: `patience_ns` of waiting were over).
 *
 * ret_written  Set to what was written; less than `size` only after an error. */
int cti_descriptor_write(cti_descriptor *descriptor, const char *bytes, size_t size,
                         uint64_t patience_ns, size_t *ret_written);

/* write(2), but for tests that put something worse in its place. */
extern ssize_t (*cti_descriptor_write_call)(int fd, const void *bytes, size_t size);

#endif

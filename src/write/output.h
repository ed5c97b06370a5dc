/* A descriptor with what a writer needs around it: a buffer, the bound on its age, whole lines, and
 * the account of what was lost. Called under the lock of its writer. */
#ifndef CTI_WRITE_OUTPUT_H
#define CTI_WRITE_OUTPUT_H

#include "base/lock.h"
#include "ctrace/trace.h"
#include "write/descriptor.h"
#include "write/timer.h"

typedef struct cti_output {
    cti_descriptor to;
    const char *name; /* in complaints; not ours */
    char *buffer;
    size_t capacity;
    size_t used;
    uint32_t generation; /* of the process that filled the buffer */
    bool is_cut;         /* what was written last ends inside a line */
    bool owns_fd;
    bool complained;
    uint64_t flush_after_ns; /* 0: no timer */
    cti_timer timer;
    cti_lock *lock; /* of the writer around it: for the timer */
} cti_output;

/* Makes it ready to write to `fd`, which it takes over when `owns_fd`, also on failure. False, and
 * the failure is said, when `fd` is bad or there is no memory or no thread. */
bool cti_output_begin(cti_output *output, int fd, bool owns_fd, const char *name);
bool cti_output_use_buffer(cti_output *output, size_t bytes, uint64_t flush_after_ns);

/* Gives everything back. What is still buffered is forgotten. Not under the lock. */
void cti_output_end(cti_output *output);

ctrace_status cti_output_write(cti_output *output, const char *bytes, size_t size);

/* Writes what is buffered. What there was no time for stays. */
ctrace_status cti_output_flush(cti_output *output, uint64_t timeout_ns);

/* The same with the patience of a write: afterwards the buffer is empty. */
ctrace_status cti_output_empty(cti_output *output);

/* Goes on with another descriptor, and closes the one there was. What is buffered goes to the new
 * one. False, with errno and nothing changed, when it is bad. */
bool cti_output_switch(cti_output *output, int fd);

/* Bytes in the file once the buffer is written. */
uint64_t cti_output_size(cti_output *output);

/* Counts a failure that cost `size` bytes, and says so once: "cannot WHAT NAME: reason". */
void cti_output_lose(cti_output *output, const char *what, size_t size, int error);

#endif

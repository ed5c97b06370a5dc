/* What is behind a ctrace_writer *: a table of functions, their state, and the lock they are called
 * under. */
#ifndef CTI_WRITE_WRITER_H
#define CTI_WRITE_WRITER_H

#include "base/lock.h"
#include "ctrace/writer.h"
#include "write/output.h"

struct ctrace_writer {
    ctrace_writer_ops ops;
    void *state;
    cti_output *output; /* part of the state; NULL where no descriptor is behind it */
    uintptr_t references;
    cti_lock lock;
    /* How many bytes one write may bring that begins with a line of `first`, called under the lock;
     * NULL: any number. */
    uint64_t (*room)(void *state, size_t first);
    bool is_independent; /* its functions lock and count for themselves */
    bool complained;
    ctrace_writer *next; /* among those that can reopen */
};

/* Makes a writer; `output`, when there is one, counts its losses itself. Takes over `state`: on
 * failure ops->free is called, and the failure is said. */
ctrace_writer *cti_writer_make(const ctrace_writer_ops *ops, void *state, cti_output *output);

/* The descriptor behind it, for who asks whether it is a terminal; -1 when there is none. */
int cti_writer_fd(ctrace_writer *writer);

/* What calls into a writer are wrapped in: its lock; no cancellation, which would leave the lock
 * taken; and errno kept, for the host that emits between a failure and its look at errno. */
typedef struct cti_calm {
    int error;
    int cancel_state;
} cti_calm;

void cti_calm_begin(cti_calm *calm); /* without the lock */
void cti_calm_end(const cti_calm *calm);

void cti_writer_enter(ctrace_writer *writer, cti_calm *calm);
void cti_writer_leave(ctrace_writer *writer, const cti_calm *calm);

/* Enters or takes out of the list that ctrace_reopen() walks. */
void cti_reopen_add(ctrace_writer *writer);
void cti_reopen_remove(const ctrace_writer *writer);

#endif

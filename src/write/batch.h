/* Lines put together into fewer writes. A thread that delivers many events in a row, as the one
 * behind a queue does, begins a batch: what sinks write on this thread then waits in memory, a
 * buffer for each writer, until there is enough of it, until it is as old as it may become, or
 * until the batch ends.
 *
 * Only writers to descriptors take part. The others, the program's own among them, get one event
 * with one write. */
#ifndef CTI_WRITE_BATCH_H
#define CTI_WRITE_BATCH_H

#include "base/buf.h"
#include "base/tls.h"
#include "ctrace/writer.h"

/* That wait for one writer; with a line more it is the size of an allocation. */
enum { CTI_BATCH_BYTES = 30 * 1024 };

/* What waits for a writer. */
typedef struct cti_batched cti_batched;
struct cti_batched {
    ctrace_writer *writer; /* a reference while there are lines */
    ctrace_buf lines;
    size_t limit; /* so many may be written at once */
    cti_batched *next;
};

/* Zeroed is ready. Belongs to one thread between begin and end. */
typedef struct cti_batch cti_batch;
struct cti_batch {
    cti_batched *first;
    uint64_t most_ns; /* that lines may wait */
    uint64_t since_ns;
    uint32_t events; /* counts those since then, to look at the clock not too often */
    uint32_t generation;
    int error; /* errno of before */
    cti_batch *outer;
};

/* The batch that this thread is in, or NULL. */
extern CTI_TLS cti_batch *cti_batch_here;

/* From here on what this thread writes is put together; lines wait `most_ns` at most, provided that
 * cti_batch_next() is called between events. */
void cti_batch_begin(cti_batch *batch, uint64_t most_ns);

/* Writes what waits. errno is again what it was. */
void cti_batch_end(cti_batch *batch);

/* Frees the memory of a batch that has ended. */
void cti_batch_release(cti_batch *batch);

/* The slow half of cti_batch_next(). */
void cti_batch_look_at_clock(cti_batch *batch);

/* Another event comes: what has waited long enough is written. */
static inline void cti_batch_next(cti_batch *batch) {
    enum { EVENTS_A_LOOK = 64 };
    if (++batch->events >= EVENTS_A_LOOK) {
        cti_batch_look_at_clock(batch);
    }
}

/* Where an event's lines are to be appended for the writer, followed by cti_batch_close(); NULL
 * where they are not to wait. */
cti_batched *cti_batch_find(cti_batch *batch, ctrace_writer *writer);

static inline cti_batched *cti_batch_open(ctrace_writer *writer) {
    cti_batch *batch = cti_batch_here;
    return batch == NULL ? NULL : cti_batch_find(batch, writer);
}

/* The slow half of cti_batch_close(). */
void cti_batch_divide(cti_batched *batched, size_t before);

/* An event was appended, behind the first `before` bytes. */
static inline void cti_batch_close(cti_batched *batched, size_t before) {
    if (before == 0 || batched->lines.size > batched->limit) {
        cti_batch_divide(batched, before);
    }
}

/* Gives up what was appended, perhaps in part for want of memory. */
void cti_batch_undo(cti_batched *batched, size_t before);

/* Writes what this thread has waiting for the writer: before something else is written to it. */
void cti_batch_settle_writer(const ctrace_writer *writer);

static inline void cti_batch_settle(const ctrace_writer *writer) {
    if (CTRACE_I_UNLIKELY(cti_batch_here != NULL)) {
        cti_batch_settle_writer(writer);
    }
}

#endif

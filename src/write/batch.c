#include "write/batch.h"

#include <errno.h>

#include "base/clock.h"
#include "base/lock.h"
#include "base/memory.h"
#include "write/writer.h"

enum { LARGEST_KEPT = 32 * 1024 };

CTI_TLS cti_batch *cti_batch_here;

/* ---- Out ---- */

/* Writes the first `size` bytes and moves up what is behind them. In a forked child they are its
 * parent's to write. */
static void put_out(cti_batched *batched, size_t size) {
    ctrace_writer *writer = batched->writer;
    ctrace_buf *lines = &batched->lines;
    cti_batch *batch = cti_batch_here;
    cti_batch_here = NULL; /* this write is not to wait */
    if (batch->generation == cti_fork_generation()) {
        ctrace_writer_write(writer, lines->bytes, size);
    }
    lines->size -= size;
    memmove(lines->bytes, lines->bytes + size, lines->size);
    if (lines->size == 0) {
        ctrace_writer_unref(writer);
    }
    cti_batch_here = batch;
}

static void put_all_out(cti_batched *batched) {
    if (batched->lines.size != 0) {
        put_out(batched, batched->lines.size);
    }
    if (batched->lines.capacity > LARGEST_KEPT) {
        cti_buf_release(&batched->lines);
    }
}

static void put_every_out(const cti_batch *batch) {
    for (cti_batched *batched = batch->first; batched != NULL; batched = batched->next) {
        put_all_out(batched);
    }
}

void cti_batch_settle_writer(const ctrace_writer *writer) {
    for (cti_batched *batched = cti_batch_here->first; batched != NULL; batched = batched->next) {
        if (batched->writer == writer) {
            put_all_out(batched);
        }
    }
}

/* ---- In ---- */

/* The one of the writer, else one that is free. */
static cti_batched *choose(const cti_batch *batch, const ctrace_writer *writer) {
    cti_batched *chosen = NULL;
    for (cti_batched *batched = batch->first; batched != NULL; batched = batched->next) {
        if (batched->writer == writer && batched->lines.size != 0) {
            return batched;
        }
        if (batched->lines.size == 0) {
            chosen = batched;
        }
    }
    return chosen;
}

cti_batched *cti_batch_find(cti_batch *batch, ctrace_writer *writer) {
    cti_batched *batched = batch->first;
    if (CTRACE_I_LIKELY(batched != NULL && batched->writer == writer && batched->lines.size != 0)) {
        return batched;
    }
    if (writer->output == NULL) {
        return NULL;
    }
    batched = choose(batch, writer);
    if (batched == NULL) {
        batched = cti_alloc_zeroed(sizeof *batched);
        if (batched == NULL) {
            return NULL;
        }
        batched->next = batch->first;
        batch->first = batched;
    }
    batched->writer = writer;
    return batched;
}

/* How much may be written at once that begins with a line of `first` bytes. */
static size_t limit_for(ctrace_writer *writer, size_t first) {
    if (writer->room == NULL) {
        return CTI_BATCH_BYTES;
    }
    cti_lock_take(&writer->lock);
    const uint64_t room = writer->room(writer->state, first);
    cti_lock_give(&writer->lock);
    return room < CTI_BATCH_BYTES ? (size_t)room : CTI_BATCH_BYTES;
}

/* A new first line, or one too many: it does not go with those before it. */
void cti_batch_divide(cti_batched *batched, size_t before) {
    ctrace_buf *lines = &batched->lines;
    if (lines->size == before) {
        return;
    }
    if (before != 0) {
        put_out(batched, before);
    } else {
        ctrace_writer_ref(batched->writer);
    }
    batched->limit = limit_for(batched->writer, lines->size);
    if (lines->size >= batched->limit) {
        put_all_out(batched);
    }
}

void cti_batch_undo(cti_batched *batched, size_t before) {
    batched->lines.failed = false;
    batched->lines.size = before;
}

/* ---- Time ---- */

void cti_batch_begin(cti_batch *batch, uint64_t most_ns) {
    batch->most_ns = most_ns;
    batch->since_ns = cti_clock_monotonic_ns();
    batch->events = 0;
    batch->generation = cti_fork_generation();
    batch->error = errno;
    batch->outer = cti_batch_here;
    cti_batch_here = batch;
}

void cti_batch_look_at_clock(cti_batch *batch) {
    const uint64_t now = cti_clock_monotonic_ns();
    batch->events = 0;
    if (now - batch->since_ns >= batch->most_ns) {
        put_every_out(batch);
        batch->since_ns = now;
    }
}

void cti_batch_end(cti_batch *batch) {
    put_every_out(batch);
    cti_batch_here = batch->outer;
    errno = batch->error;
}

void cti_batch_release(cti_batch *batch) {
    while (batch->first != NULL) {
        cti_batched *next = batch->first->next;
        cti_buf_release(&batch->first->lines);
        cti_free(batch->first);
        batch->first = next;
    }
}

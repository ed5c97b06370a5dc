#include "write/writer.h"

#include <errno.h>
#include <string.h>

#include "base/atomic.h"
#include "base/clock.h"
#include "base/memory.h"
#include "core/stats.h"
#include "core/status.h"
#include "write/batch.h"
#include "write/uncancelled.h"

enum { NS_PER_MS = 1000000 };

static const uint64_t LAST_FLUSH_NS = UINT64_C(1000000000);

ctrace_writer *cti_writer_make(const ctrace_writer_ops *ops, void *state, cti_output *output) {
    ctrace_writer *writer = cti_alloc_zeroed(sizeof *writer);
    if (writer == NULL) {
        if (ops->free != NULL) {
            ops->free(state);
        }
        return cti_fail_memory("a writer");
    }
    writer->ops = *ops;
    writer->state = state;
    writer->output = output;
    writer->references = 1;
    cti_lock_init(&writer->lock);
    if (output != NULL) {
        output->lock = &writer->lock;
    }
    if (ops->reopen != NULL) {
        cti_reopen_add(writer);
    }
    return writer;
}

ctrace_writer *ctrace_writer_new(const ctrace_writer_ops *ops, void *state) {
    ctrace_writer_ops known = {0}; /* what an older program's table does not have stays NULL */
    if (ops != NULL) {
        memcpy(&known, ops, ops->size < sizeof known ? ops->size : sizeof known);
    }
    if (known.write == NULL) {
        cti_fail(CTRACE_EINVAL, "a writer needs %s",
                 ops == NULL ? "ops" : "ops.size and ops.write");
        if (known.free != NULL) {
            known.free(state);
        }
        return NULL;
    }
    return cti_writer_make(&known, state, NULL);
}

ctrace_writer *ctrace_callback_writer_new(ctrace_status (*write)(void *state, const char *bytes,
                                                                 size_t size),
                                          void *state) {
    const ctrace_writer_ops ops = {.size = sizeof ops, .write = write};
    return ctrace_writer_new(&ops, state);
}

ctrace_writer *ctrace_writer_ref(ctrace_writer *writer) {
    if (writer != NULL) {
        cti_fetch_add(&writer->references, (uintptr_t)1);
    }
    return writer;
}

void ctrace_writer_unref(ctrace_writer *writer) {
    if (writer == NULL || cti_fetch_sub_acq_rel(&writer->references, (uintptr_t)1) != 1) {
        return;
    }
    const int cancel_state = cti_cancel_off();
    ctrace_writer_flush(writer, LAST_FLUSH_NS);
    if (writer->ops.reopen != NULL) {
        cti_reopen_remove(writer);
    }
    if (writer->ops.free != NULL) {
        writer->ops.free(writer->state);
    }
    cti_cancel_restore(cancel_state);
    cti_lock_destroy(&writer->lock);
    cti_free(writer);
}

void cti_calm_begin(cti_calm *calm) {
    calm->error = errno;
    calm->cancel_state = cti_cancel_off();
}

void cti_calm_end(const cti_calm *calm) {
    cti_cancel_restore(calm->cancel_state);
    errno = calm->error;
}

void cti_writer_enter(ctrace_writer *writer, cti_calm *calm) {
    cti_calm_begin(calm);
    cti_lock_take(&writer->lock);
}

void cti_writer_leave(ctrace_writer *writer, const cti_calm *calm) {
    cti_lock_give(&writer->lock);
    cti_calm_end(calm);
}

/* The program's own writers return what went wrong; ours count where they know more. */
static void note(ctrace_writer *writer, ctrace_status status, size_t size) {
    if (status == CTRACE_OK || writer->output != NULL) {
        return;
    }
    cti_count(CTI_WRITE_ERRORS, 1);
    cti_count(CTI_BYTES_LOST, (int64_t)size);
    cti_complain_once(&writer->complained, "a writer failed: %s", ctrace_status_text(status));
}

static ctrace_status call_write(ctrace_writer *writer, const char *bytes, size_t size) {
    if (writer->is_independent) {
        return writer->ops.write(writer->state, bytes, size);
    }
    cti_lock_take(&writer->lock);
    const ctrace_status status = writer->ops.write(writer->state, bytes, size);
    note(writer, status, size);
    cti_lock_give(&writer->lock);
    return status;
}

ctrace_status ctrace_writer_write(ctrace_writer *writer, const char *bytes, size_t size) {
    if (writer == NULL || (bytes == NULL && size != 0)) {
        return cti_fail(CTRACE_EINVAL, "nothing to write, or nowhere");
    }
    if (size == 0) {
        return CTRACE_OK;
    }
    cti_batch_settle(writer);
    if (writer->output != NULL) { /* puts cancellation off by itself, where it may block */
        const int error = errno;
        const ctrace_status status = call_write(writer, bytes, size);
        errno = error;
        return status;
    }
    cti_calm calm;
    cti_calm_begin(&calm);
    const ctrace_status status = call_write(writer, bytes, size);
    cti_calm_end(&calm);
    return status;
}

static uint64_t left_until(uint64_t deadline_ns) {
    if (deadline_ns == CTRACE_FOREVER) {
        return CTRACE_FOREVER;
    }
    const uint64_t now = cti_clock_monotonic_ns();
    return deadline_ns > now ? deadline_ns - now : 0;
}

/* Not pthread_mutex_timedlock(): it is not everywhere, and its clock steps. */
static bool take_until(cti_lock *lock, uint64_t deadline_ns) {
    while (!cti_lock_try(lock)) {
        if (left_until(deadline_ns) == 0) {
            return false;
        }
        cti_sleep_ns(NS_PER_MS);
    }
    return true;
}

static ctrace_status flush_until(ctrace_writer *writer, uint64_t deadline_ns) {
    if (writer->is_independent) {
        return writer->ops.flush(writer->state, left_until(deadline_ns));
    }
    if (!take_until(&writer->lock, deadline_ns)) {
        return CTRACE_ETIMEDOUT;
    }
    const ctrace_status status = writer->ops.flush(writer->state, left_until(deadline_ns));
    cti_lock_give(&writer->lock);
    return status;
}

ctrace_status ctrace_writer_flush(ctrace_writer *writer, uint64_t timeout_ns) {
    if (writer == NULL) {
        return cti_fail(CTRACE_EINVAL, "no writer to flush");
    }
    if (writer->ops.flush == NULL) {
        return CTRACE_OK;
    }
    cti_batch_settle(writer);
    const uint64_t now = cti_clock_monotonic_ns();
    cti_calm calm;
    cti_calm_begin(&calm);
    const ctrace_status status =
        flush_until(writer, timeout_ns < CTRACE_FOREVER - now ? now + timeout_ns : CTRACE_FOREVER);
    cti_calm_end(&calm);
    return status;
}

int cti_writer_fd(ctrace_writer *writer) {
    if (writer == NULL || writer->output == NULL) {
        return -1;
    }
    cti_lock_take(&writer->lock);
    const int fd = writer->output->to.fd;
    cti_lock_give(&writer->lock);
    return fd;
}

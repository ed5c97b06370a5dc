/* The writers that can reopen, for ctrace_reopen(). */
#include "base/atomic.h"
#include "write/writer.h"

/* An innermost lock: nothing else is taken under it. The list is changed by single stores, so that
 * a child which was forked in the middle finds it whole. */
static cti_lock lock = CTI_LOCK_INIT;
static ctrace_writer *writers;

void cti_reopen_add(ctrace_writer *writer) {
    cti_lock_take(&lock);
    writer->next = writers;
    cti_store_release(&writers, writer);
    cti_lock_give(&lock);
}

void cti_reopen_remove(const ctrace_writer *writer) {
    cti_lock_take(&lock);
    ctrace_writer **link = &writers;
    while (*link != writer) {
        link = &(*link)->next;
    }
    cti_store_release(link, writer->next);
    cti_lock_give(&lock);
}

/* A reference, unless the last one is gone and the writer only waits to be taken out. */
static bool hold(ctrace_writer *writer) {
    uintptr_t references = cti_load_relaxed(&writer->references);
    while (references != 0 &&
           !cti_compare_exchange(&writer->references, &references, references + 1)) {
    }
    return references != 0;
}

/* The first from `writer` on that is still in use, with a reference. Under the lock. */
static ctrace_writer *first_held(ctrace_writer *writer) {
    while (writer != NULL && !hold(writer)) {
        writer = writer->next;
    }
    return writer;
}

/* Who is held stays in the list, so its successor can be asked for after the lock was given back.
 */
static ctrace_writer *next_held(const ctrace_writer *writer) {
    cti_lock_take(&lock);
    ctrace_writer *next = first_held(writer == NULL ? writers : writer->next);
    cti_lock_give(&lock);
    return next;
}

static ctrace_status reopen(ctrace_writer *writer) {
    cti_calm calm;
    cti_writer_enter(writer, &calm);
    const ctrace_status status = writer->ops.reopen(writer->state);
    cti_writer_leave(writer, &calm);
    return status;
}

ctrace_status ctrace_reopen(void) {
    ctrace_status first = CTRACE_OK;
    ctrace_writer *writer = next_held(NULL);
    while (writer != NULL) {
        const ctrace_status status = reopen(writer);
        first = first == CTRACE_OK ? status : first;
        ctrace_writer *next = next_held(writer);
        ctrace_writer_unref(writer);
        writer = next;
    }
    return first;
}

#include "write/output.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "core/stats.h"
#include "core/status.h"
#include "base/error_text.h"

static const uint64_t PATIENCE_NS = UINT64_C(100000000);

void cti_output_lose(cti_output *output, const char *what, size_t size, int error) {
    cti_count(CTI_WRITE_ERRORS, 1);
    cti_count(CTI_BYTES_LOST, (int64_t)size);
    if (output->to.fd != STDERR_FILENO) {
        char space[CTI_ERROR_TEXT_MAX];
        cti_complain_once(&output->complained, "cannot %s %s: %s", what, output->name,
                          cti_error_text(error, space));
    }
}

/* Writes, after the newline that a cut line still lacks: unless one comes, with which OTLP's
 * protobuf begins, too, where there are no lines. */
static int put(cti_output *output, const char *bytes, size_t size, uint64_t patience_ns,
               size_t *ret_written) {
    *ret_written = 0;
    if (output->is_cut && size != 0 && bytes[0] != '\n') {
        size_t written = 0;
        const int error = cti_descriptor_write(&output->to, "\n", 1, patience_ns, &written);
        if (error != 0) {
            return error;
        }
    }
    output->is_cut = output->is_cut && size == 0;
    return cti_descriptor_write(&output->to, bytes, size, patience_ns, ret_written);
}

static ctrace_status give_up(cti_output *output, const char *bytes, size_t size, size_t written,
                             int error) {
    if (written != 0) {
        output->is_cut = bytes[written - 1] != '\n';
    }
    cti_output_lose(output, "write to", size - written, error);
    return error == EAGAIN ? CTRACE_ETIMEDOUT : CTRACE_EIO;
}

/* Writes all, or gives the rest up. */
static ctrace_status put_all(cti_output *output, const char *bytes, size_t size) {
    size_t written = 0;
    const int error = put(output, bytes, size, PATIENCE_NS, &written);
    return error == 0 ? CTRACE_OK : give_up(output, bytes, size, written, error);
}

/* What a forked child finds in the buffer will be written by its parent. */
static void forget_parent(cti_output *output) {
    const uint32_t generation = cti_fork_generation();
    if (output->generation != generation) {
        output->generation = generation;
        output->used = 0;
    }
}

ctrace_status cti_output_empty(cti_output *output) {
    forget_parent(output);
    const size_t size = output->used;
    output->used = 0;
    return size == 0 ? CTRACE_OK : put_all(output, output->buffer, size);
}

/* Where no timer can be had the bound holds all the same: by writing at once. */
static ctrace_status start_clock(cti_output *output) {
    const uint64_t now = cti_clock_monotonic_ns();
    const uint64_t after = output->flush_after_ns;
    const bool armed =
        cti_timer_arm(&output->timer, after < UINT64_MAX - now ? now + after : UINT64_MAX);
    return armed ? CTRACE_OK : cti_output_empty(output);
}

static ctrace_status keep(cti_output *output, const char *bytes, size_t size) {
    const bool is_first = output->used == 0;
    memmove(output->buffer + output->used, bytes, size);
    output->used += size;
    return is_first && output->flush_after_ns != 0 ? start_clock(output) : CTRACE_OK;
}

ctrace_status cti_output_write(cti_output *output, const char *bytes, size_t size) {
    if (output->capacity == 0) {
        return put_all(output, bytes, size);
    }
    forget_parent(output);
    ctrace_status status = CTRACE_OK;
    if (size > output->capacity - output->used) {
        status = cti_output_empty(output);
    }
    const ctrace_status kept =
        size > output->capacity ? put_all(output, bytes, size) : keep(output, bytes, size);
    return status == CTRACE_OK ? kept : status;
}

ctrace_status cti_output_flush(cti_output *output, uint64_t timeout_ns) {
    forget_parent(output);
    if (output->used == 0) {
        return CTRACE_OK;
    }
    output->to.is_stuck = false; /* who flushes has said how long to wait */
    size_t written = 0;
    const int error = put(output, output->buffer, output->used, timeout_ns, &written);
    const size_t rest = output->used - written;
    output->used = 0;
    if (error != 0 && error != EAGAIN) {
        return give_up(output, output->buffer, written + rest, written, error);
    }
    if (error == 0) {
        return CTRACE_OK;
    }
    keep(output, output->buffer + written, rest);
    return CTRACE_ETIMEDOUT;
}

static void on_time(void *argument) {
    cti_output *output = argument;
    cti_lock_take(output->lock);
    cti_output_empty(output);
    cti_lock_give(output->lock);
}

bool cti_output_begin(cti_output *output, int fd, bool owns_fd, const char *name) {
    *output = (cti_output){.name = name, .owns_fd = owns_fd, .generation = cti_fork_generation()};
    if (!cti_descriptor_look(&output->to, fd)) {
        char space[CTI_ERROR_TEXT_MAX];
        cti_fail(CTRACE_EINVAL, "cannot write to %s: %s", name, cti_error_text(errno, space));
        return false;
    }
    return true;
}

bool cti_output_use_buffer(cti_output *output, size_t bytes, uint64_t flush_after_ns) {
    if (bytes == 0) {
        return true;
    }
    output->buffer = cti_alloc(bytes);
    if (output->buffer == NULL) {
        cti_fail_memory("the buffer of a writer");
        return false;
    }
    output->capacity = bytes;
    output->timer = (cti_timer){.fire = on_time, .argument = output};
    if (flush_after_ns != 0 && !cti_timer_add(&output->timer)) {
        cti_fail(CTRACE_ENOMEM, "cannot start the timer thread for %s", output->name);
        return false;
    }
    output->flush_after_ns = flush_after_ns;
    return true;
}

void cti_output_end(cti_output *output) {
    if (output->flush_after_ns != 0) {
        cti_timer_remove(&output->timer);
    }
    cti_free(output->buffer);
    if (output->owns_fd) {
        close(output->to.fd);
    }
}

bool cti_output_switch(cti_output *output, int fd) {
    const int old = output->to.fd;
    if (!cti_descriptor_look(&output->to, fd)) {
        return false;
    }
    close(old);
    output->is_cut = false;
    output->to.is_stuck = false;
    return true;
}

uint64_t cti_output_size(cti_output *output) {
    forget_parent(output);
    return output->to.size + output->used + (output->is_cut ? 1 : 0);
}

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "core/status.h"
#include "write/writer.h"

static const uint64_t LOOK_EVERY_NS = UINT64_C(900000000);

typedef struct fd_writer {
    cti_output output;
    char name[32];
} fd_writer;

/* A descriptor of the host's may be made into something else by dup2(): within 1 s we know whether
 * it is one of those that raise signals. */
static void look_again(cti_descriptor *to) {
    if (cti_clock_coarse_ns() - to->looked_ns >= LOOK_EVERY_NS) {
        cti_descriptor_look(to, to->fd);
    }
}

static ctrace_status fd_write(void *state, const char *bytes, size_t size) {
    fd_writer *self = state;
    look_again(&self->output.to);
    return cti_output_write(&self->output, bytes, size);
}

static ctrace_status fd_flush(void *state, uint64_t timeout_ns) {
    fd_writer *self = state;
    return cti_output_flush(&self->output, timeout_ns);
}

static void fd_free(void *state) {
    fd_writer *self = state;
    cti_output_end(&self->output);
    cti_free(self);
}

static const ctrace_writer_ops fd_ops = {
    .size = sizeof fd_ops, .write = fd_write, .flush = fd_flush, .free = fd_free};

static fd_writer *begin(int fd, bool close_fd) {
    fd_writer *self = cti_alloc_zeroed(sizeof *self);
    if (self == NULL) {
        if (close_fd) {
            close(fd);
        }
        return cti_fail_memory("a writer");
    }
    snprintf(self->name, sizeof self->name, "descriptor %d", fd);
    if (!cti_output_begin(&self->output, fd, close_fd, self->name)) {
        cti_free(self);
        return NULL;
    }
    return self;
}

ctrace_writer *ctrace_fd_writer_new(int fd, const ctrace_fd_writer_options *options) {
    const ctrace_fd_writer_options chosen =
        options == NULL ? (ctrace_fd_writer_options){0} : *options;
    fd_writer *self = begin(fd, chosen.close_fd);
    if (self == NULL) {
        return NULL;
    }
    if (!cti_output_use_buffer(&self->output, chosen.buffer_bytes, chosen.flush_after_ns)) {
        fd_free(self);
        return NULL;
    }
    return cti_writer_make(&fd_ops, self, &self->output);
}

ctrace_writer *ctrace_stderr_writer_new(void) {
    return ctrace_fd_writer_new(STDERR_FILENO, NULL);
}

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "core/status.h"
#include "base/error_text.h"
#include "write/file.h"
#include "write/link.h"
#include "write/rotated.h"
#include "write/period.h"
#include "write/rotation.h"
#include "write/uncancelled.h"
#include "write/writer.h"

static const uint64_t RETRY_AFTER_NS = UINT64_C(1000000000);
static const uint64_t NS_PER_S = UINT64_C(1000000000);

typedef struct rolling {
    cti_file file;
    ctrace_rolling_writer_options options; /* but for `link`, which is below */
    char *link;                            /* absolute; NULL for none */
    int64_t period;                        /* that the file's lines are from */
    uint64_t retry_ns; /* coarse clock: after a failed rotation, none before that; else 0 */
} rolling;

static int64_t period_now(const rolling *self) {
    if (self->options.interval == CTRACE_ROLL_NEVER) {
        return 0;
    }
    return cti_period_of((int64_t)(cti_clock_realtime_ns() / NS_PER_S), self->options.interval,
                         self->options.local_time);
}

/* Lines of a file that was there before are as old as its last change. */
static void note_period(rolling *self) {
    self->period = self->file.output.to.size == 0
                       ? period_now(self)
                       : cti_period_of(self->file.modified_s, self->options.interval,
                                       self->options.local_time);
}

static bool is_too_large(const rolling *self, uint64_t held, size_t more) {
    const uint64_t max = self->options.max_file_bytes;
    return max != 0 && (held >= max || more > max - held);
}

static bool is_due(rolling *self, size_t more) {
    const uint64_t held = cti_output_size(&self->file.output);
    const int64_t period = period_now(self);
    if (held == 0) {
        self->period = period;
        return false;
    }
    return (is_too_large(self, held, more) || period != self->period) &&
           cti_clock_coarse_ns() >= self->retry_ns;
}

/* Lines in the buffer belong to the file that ends here. */
static bool rotate_locked(rolling *self, const cti_rotation *rotation) {
    const ctrace_rolling_writer_options *options = &self->options;
    cti_output_empty(&self->file.output);
    if (!cti_rotation_make_room(rotation, self->file.output.to.size, options->keep_files,
                                options->keep_bytes)) {
        return false;
    }
    const int fd = cti_rotation_swap(rotation, self->file.mode);
    return fd >= 0 && cti_file_adopt(&self->file, fd);
}

/* Another process may have rotated, or somebody moved the file away, also in the middle of this:
 * then there is nothing to do but follow. */
static bool rotate_or_follow(rolling *self) {
    cti_rotation rotation;
    if (!cti_rotation_begin(&rotation, self->file.path)) {
        return false;
    }
    bool works = cti_file_is_in_place(&self->file) && rotate_locked(self, &rotation);
    if (!works && !cti_file_is_in_place(&self->file)) {
        works = cti_file_reopen(&self->file);
    }
    const int error = errno;
    cti_rotation_end(&rotation);
    errno = error;
    return works;
}

/* When it fails, the file that is open is written on. */
static void rotate(rolling *self) {
    const bool works = rotate_or_follow(self) &&
                       (self->link == NULL || cti_link_point(self->link, self->file.path));
    if (works) {
        self->retry_ns = 0;
    } else {
        self->retry_ns = cti_clock_coarse_ns() + RETRY_AFTER_NS;
        cti_output_lose(&self->file.output, "rotate", 0, errno);
    }
    note_period(self);
}

/* What lines of a batch may go into one file together: into this one, or into the next one when the
 * first line does not fit here. */
static uint64_t rolling_room(void *state, size_t first) {
    rolling *self = state;
    const uint64_t max = self->options.max_file_bytes;
    const uint64_t held = cti_output_size(&self->file.output);
    if (max == 0) {
        return UINT64_MAX;
    }
    return is_too_large(self, held, first) ? max : max - held;
}

static ctrace_status rolling_write(void *state, const char *bytes, size_t size) {
    rolling *self = state;
    if (cti_file_check(&self->file)) {
        note_period(self);
    }
    if (is_due(self, size)) {
        const int cancel_state = cti_cancel_off();
        rotate(self);
        cti_cancel_restore(cancel_state);
    }
    return cti_output_write(&self->file.output, bytes, size);
}

static ctrace_status rolling_flush(void *state, uint64_t timeout_ns) {
    rolling *self = state;
    return cti_output_flush(&self->file.output, timeout_ns);
}

static ctrace_status rolling_reopen(void *state) {
    rolling *self = state;
    if (!cti_file_reopen(&self->file)) {
        return cti_fail(CTRACE_EIO, "cannot reopen %s", self->file.path);
    }
    note_period(self);
    return CTRACE_OK;
}

static void rolling_free(void *state) {
    rolling *self = state;
    cti_file_end(&self->file);
    cti_free(self->link);
    cti_free(self);
}

static const ctrace_writer_ops rolling_ops = {.size = sizeof rolling_ops,
                                              .write = rolling_write,
                                              .flush = rolling_flush,
                                              .reopen = rolling_reopen,
                                              .free = rolling_free};

/* Where a rotated file will be, a link would be in the way. */
static bool is_free(const rolling *self) {
    uint32_t number;
    if (!cti_rotated_number(self->link, self->file.path, &number)) {
        return true;
    }
    cti_fail(CTRACE_EINVAL, "options.link is %s: a rotated file will have that name", self->link);
    return false;
}

static bool make_link(rolling *self) {
    const char *wanted = self->options.link;
    if (wanted == NULL) {
        return true;
    }
    if (wanted[0] == '\0') {
        cti_fail(CTRACE_EINVAL, "options.link is empty");
        return false;
    }
    self->link = cti_absolute_path(wanted);
    if (self->link == NULL) {
        cti_fail_memory("the link of a rolling writer");
        return false;
    }
    if (!is_free(self)) {
        return false;
    }
    if (!cti_link_point(self->link, self->file.path)) {
        char space[CTI_ERROR_TEXT_MAX];
        cti_fail(CTRACE_EIO, "cannot make the link %s: %s", wanted, cti_error_text(errno, space));
        return false;
    }
    return true;
}

static bool is_sound(const char *path, const ctrace_rolling_writer_options *options) {
    if (options->interval < CTRACE_ROLL_NEVER || options->interval > CTRACE_ROLL_DAILY) {
        cti_fail(CTRACE_EINVAL, "interval %d is none of CTRACE_ROLL_*", options->interval);
        return false;
    }
    if (path != NULL && path[0] != '\0' && !cti_rotation_name_fits(path)) {
        cti_fail(CTRACE_EINVAL, "no room for a number behind the file name of %s", path);
        return false;
    }
    return true;
}

static rolling *begin(const char *path, const ctrace_rolling_writer_options *options) {
    rolling *self = cti_alloc_zeroed(sizeof *self);
    if (self == NULL) {
        return cti_fail_memory("a rolling writer");
    }
    self->options = *options;
    if (!cti_file_begin(&self->file, path, options->mode, options->truncate)) {
        cti_free(self);
        return NULL;
    }
    if (!self->file.is_regular) { /* what would become of /dev/null? */
        cti_fail(CTRACE_EINVAL, "cannot rotate %s: not a regular file", path);
        rolling_free(self);
        return NULL;
    }
    return self;
}

ctrace_writer *ctrace_rolling_writer_new(const char *path,
                                         const ctrace_rolling_writer_options *options) {
    const ctrace_rolling_writer_options chosen =
        options == NULL ? (ctrace_rolling_writer_options){0} : *options;
    rolling *self = is_sound(path, &chosen) ? begin(path, &chosen) : NULL;
    if (self == NULL) {
        return NULL;
    }
    if (!make_link(self) ||
        !cti_output_use_buffer(&self->file.output, chosen.buffer_bytes, chosen.flush_after_ns)) {
        rolling_free(self);
        return NULL;
    }
    note_period(self);
    ctrace_writer *writer = cti_writer_make(&rolling_ops, self, &self->file.output);
    if (writer != NULL) {
        writer->room = rolling_room;
    }
    return writer;
}

#include "sinks/recorder.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "core/status.h"
#include "sinks/sink.h"
#include "write/file.h"

#define DEFAULT_BYTES   ((uint64_t)64 << 20)
#define THREAD_LEAST    ((uint64_t)64 << 10)
#define SEGMENT_LEAST   ((uint64_t)8 << 10)
#define SEGMENT_LARGEST ((uint64_t)1 << 30)

/* ---- The file ---- */

static bool has_process(const char *path) {
    return strstr(path, "%p") != NULL;
}

/* The path with the process id in the place of each %p, but for those in the folder's name. False
 * when it is too long. */
static bool expand(const cti_recorder *recorder, char *ret_expanded, size_t size) {
    const char *path = recorder->given;
    size_t used = (size_t)(path - recorder->path);
    if (used >= size) {
        return false;
    }
    memcpy(ret_expanded, recorder->path, used);
    ret_expanded[used] = '\0';
    while (*path != '\0' && used < size) {
        const size_t plain = strcspn(path, "%");
        const bool here = plain == 0 && path[1] == 'p';
        const int added = here ? snprintf(ret_expanded + used, size - used, "%ld", (long)getpid())
                               : snprintf(ret_expanded + used, size - used, "%.*s",
                                          plain == 0 ? 1 : (int)plain, path);
        used += (size_t)added;
        path += here ? 2 : plain == 0 ? 1 : plain;
    }
    return used < size;
}

static size_t segment_size(const ctrace_recorder_options *options) {
    const uint64_t size = options->mode == CTRACE_RECORDER_GROW
                              ? options->thread_bytes
                              : options->thread_bytes / CTI_REGION_SEGMENTS;
    return (size_t)(size & ~(SEGMENT_LEAST / 2 - 1));
}

static bool begin_file(cti_recorder *recorder) {
    char path[PATH_MAX];
    if (!expand(recorder, path, sizeof path)) {
        cti_fail(CTRACE_EINVAL, "%s: %s", recorder->path, strerror(ENAMETOOLONG));
        return false;
    }
    memset(&recorder->callsites, 0, sizeof recorder->callsites);
    recorder->owners = 0;
    recorder->recording = cti_record_file_create(
        &recorder->file, path, (size_t)recorder->options.max_bytes,
        segment_size(&recorder->options), recorder->options.mode == CTRACE_RECORDER_GROW);
    return recorder->recording;
}

static void begin_own_file(cti_recorder *recorder) {
    if (!has_process(recorder->given) || !begin_file(recorder)) {
        return;
    }
    for (cti_site *site = cti_site_first(); site != NULL; site = cti_site_next(site)) {
        cti_recorder_describe(recorder, site);
    }
}

/* The parent's threads are not here, and its file is not ours to write. */
void cti_recorder_renew(cti_recorder *recorder) {
    cti_tracks_free(recorder);
    if (recorder->recording) {
        cti_record_file_drop(&recorder->file);
    }
    recorder->recording = false;
    recorder->missed_count = 0;
    if (recorder->described != NULL) {
        memset(recorder->described, 0, recorder->described_size);
    }
    begin_own_file(recorder);
    /* release: who sees the generation sees the file, or that there is none */
    cti_store_release(&recorder->generation, cti_fork_generation());
}

/* ---- The subscriber ---- */

static void end(ctrace_subscriber *subscriber) {
    cti_recorder *recorder = cti_recorder_of(subscriber);
    if (recorder->generation == cti_fork_generation()) {
        cti_tracks_release(recorder);
        cti_record_file_end(&recorder->file);
    } else { /* forked, and never recorded */
        cti_tracks_free(recorder);
        cti_record_file_drop(&recorder->file);
    }
    cti_lock_destroy(&recorder->lock);
    cti_free(recorder->described);
    cti_free(recorder->path);
    cti_free(recorder);
}

static bool prepare(ctrace_subscriber *subscriber, cti_thread *self) {
    return cti_track_find(cti_recorder_of(subscriber), self, true) != NULL;
}

static const cti_traits traits = {
    .keeps_nested = true, .prepare = prepare, .ways = cti_recorder_ways};

static const ctrace_subscriber_ops ops = {
    .size = sizeof ops,
    .span_data_size = sizeof(cti_taped),
    .on_callsite = cti_recorder_on_callsite,
    .on_span_new = cti_recorder_on_span_new,
    .on_span_record = cti_recorder_on_span_record,
    .on_span_follows = cti_recorder_on_span_follows,
    .on_span_enter = cti_recorder_on_span_enter,
    .on_span_exit = cti_recorder_on_span_exit,
    .on_span_close = cti_recorder_on_span_close,
    .on_event = cti_recorder_on_event,
    .free = end,
};

/* ---- The beginning ---- */

static void use_defaults(ctrace_recorder_options *options) {
    options->max_bytes = options->max_bytes == 0 ? DEFAULT_BYTES : options->max_bytes;
    if (options->thread_bytes == 0) {
        const uint64_t part = options->max_bytes / 16;
        options->thread_bytes = part < THREAD_LEAST ? THREAD_LEAST : part;
    }
}

/* Defaults filled in. */
static bool are_valid(const ctrace_recorder_options *options) {
    if (!cti_options_are_clear(options->reserved) ||
        !cti_option_is_one_of("mode", (int)options->mode, CTRACE_RECORDER_GROW)) {
        return false;
    }
    if (options->thread_bytes < THREAD_LEAST || segment_size(options) > SEGMENT_LARGEST) {
        cti_fail(CTRACE_EINVAL, "options.thread_bytes: expected 65536 bytes at least, 1 GiB a "
                                "segment at most (by default it is a sixteenth of max_bytes)");
        return false;
    }
    if (options->max_bytes < 2 * THREAD_LEAST ||
        (options->max_bytes - CTI_FILE_HEADER) / 3 < segment_size(options) ||
        options->max_bytes > SIZE_MAX / 2) {
        cti_fail(CTRACE_EINVAL, "options.max_bytes: expected room for three segments and 131072 "
                                "bytes at least");
        return false;
    }
    return true;
}

static cti_recorder *begin(const char *path, const ctrace_recorder_options *options) {
    cti_recorder *recorder = cti_alloc_zeroed(sizeof *recorder);
    char *copy = recorder == NULL ? NULL : cti_absolute_path(path);
    if (copy == NULL) {
        cti_free(recorder);
        return cti_fail_memory("a recorder");
    }
    recorder->path = copy;
    recorder->given = copy + strlen(copy) - strlen(path);
    recorder->options = *options;
    recorder->generation = cti_fork_generation();
    cti_ticks_prepare(); /* the file says what the ticks were when it began */
    if (!begin_file(recorder)) {
        cti_free(copy);
        cti_free(recorder);
        return NULL;
    }
    ctrace_subscriber_init(&recorder->base, &ops);
    cti_traits_set(&recorder->base, &traits);
    cti_lock_init(&recorder->lock);
    return recorder;
}

ctrace_subscriber *ctrace_recorder_new(const char *path, const ctrace_recorder_options *options) {
    ctrace_recorder_options chosen = {0};
    if (path == NULL) {
        return cti_fail_null("the path");
    }
    if (path[0] == '\0') {
        cti_fail(CTRACE_EINVAL, "the path is empty");
        return NULL;
    }
    if (options != NULL) {
        chosen = *options;
    }
    use_defaults(&chosen);
    if (!are_valid(&chosen)) {
        return NULL;
    }
    if (!cti_losses_prepare()) { /* a handler may be the first to tell of one */
        return cti_fail_memory("a recorder");
    }
    cti_recorder *recorder = begin(path, &chosen);
    if (recorder == NULL) {
        return NULL;
    }
    cti_fail_forget();
    return &recorder->base;
}

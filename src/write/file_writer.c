#include <string.h>

#include "base/memory.h"
#include "core/status.h"
#include "write/file.h"
#include "write/writer.h"

static ctrace_status file_write(void *state, const char *bytes, size_t size) {
    cti_file *file = state;
    cti_file_check(file);
    return cti_output_write(&file->output, bytes, size);
}

static ctrace_status file_flush(void *state, uint64_t timeout_ns) {
    cti_file *file = state;
    return cti_output_flush(&file->output, timeout_ns);
}

static ctrace_status file_reopen(void *state) {
    cti_file *file = state;
    return cti_file_reopen(file) ? CTRACE_OK : cti_fail(CTRACE_EIO, "cannot reopen %s", file->path);
}

static void file_free(void *state) {
    cti_file *file = state;
    cti_file_end(file);
    cti_free(file);
}

static const ctrace_writer_ops file_ops = {.size = sizeof file_ops,
                                           .write = file_write,
                                           .flush = file_flush,
                                           .reopen = file_reopen,
                                           .free = file_free};

ctrace_writer *ctrace_file_writer_new(const char *path, const ctrace_file_writer_options *options) {
    const ctrace_file_writer_options chosen =
        options == NULL ? (ctrace_file_writer_options){0} : *options;
    cti_file *file = cti_alloc_zeroed(sizeof *file);
    if (file == NULL) {
        return cti_fail_memory("a file writer");
    }
    if (!cti_file_begin(file, path, chosen.mode, chosen.truncate)) {
        cti_free(file);
        return NULL;
    }
    if (!cti_output_use_buffer(&file->output, chosen.buffer_bytes, chosen.flush_after_ns)) {
        file_free(file);
        return NULL;
    }
    return cti_writer_make(&file_ops, file, &file->output);
}

#include "cli/output.h"

#include <unistd.h>

#include "ctrace/sinks.h"
#include "ctrace/trace.h"

enum { BUFFER_BYTES = 64 << 10 };

const char *const output_formats[] = {"text", "compact", "pretty", "tree",
                                      "json", "logfmt",  "otlp",   NULL};

ctrace_subscriber *output_sink(int format, ctrace_writer *writer) {
    enum { TREE = 3, JSON, LOGFMT };
    const ctrace_text_options options = {.format = format}; /* the first are as CTRACE_TEXT_* */
    return format < TREE      ? ctrace_text_new(writer, &options)
           : format == TREE   ? ctrace_tree_new(writer, NULL)
           : format == JSON   ? ctrace_json_new(writer, NULL)
           : format == LOGFMT ? ctrace_logfmt_new(writer, NULL)
                              : ctrace_otlp_new(writer, NULL);
}

ctrace_writer *output_writer(const char *path) {
    const ctrace_fd_writer_options standard = {.buffer_bytes = BUFFER_BYTES};
    const ctrace_file_writer_options file = {.buffer_bytes = BUFFER_BYTES, .truncate = true};
    return path == NULL ? ctrace_fd_writer_new(STDOUT_FILENO, &standard)
                        : ctrace_file_writer_new(path, &file);
}

bool output_failed(void) {
    ctrace_stats stats;
    ctrace_stats_get(&stats, sizeof stats);
    return stats.write_errors != 0;
}

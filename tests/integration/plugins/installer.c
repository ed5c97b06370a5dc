/* A plugin that has the process listen, and goes. */
#include "ctrace/sinks.h"
#include "ctrace/trace.h"
#include "ctrace/writer.h"

int plugin_install(const char *path);

int plugin_install(const char *path) {
    const ctrace_file_writer_options options = {.buffer_bytes = 65536};
    const ctrace_status status =
        ctrace_set_global(ctrace_text_new(ctrace_file_writer_new(path, &options), NULL));
    TRACE_INFO("from the plugin");
    return status == CTRACE_OK ? 0 : 1;
}

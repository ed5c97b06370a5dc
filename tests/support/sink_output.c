#include "support/sink_output.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctrace/subscriber.h"

sink_output sink_output_text(const ctrace_text_options *options) {
    ctrace_writer *writer = ctrace_memory_writer_new();
    const sink_output made = {writer, ctrace_text_new(ctrace_writer_ref(writer), options)};
    assert_non_null(made.sink);
    return made;
}

sink_output sink_output_json(const ctrace_json_options *options) {
    ctrace_writer *writer = ctrace_memory_writer_new();
    const sink_output made = {writer, ctrace_json_new(ctrace_writer_ref(writer), options)};
    assert_non_null(made.sink);
    return made;
}

sink_output sink_output_logfmt(const ctrace_logfmt_options *options) {
    ctrace_writer *writer = ctrace_memory_writer_new();
    const sink_output made = {writer, ctrace_logfmt_new(ctrace_writer_ref(writer), options)};
    assert_non_null(made.sink);
    return made;
}

sink_output sink_output_tree(const ctrace_tree_options *options) {
    ctrace_writer *writer = ctrace_memory_writer_new();
    const sink_output made = {writer, ctrace_tree_new(ctrace_writer_ref(writer), options)};
    assert_non_null(made.sink);
    return made;
}

const char *sink_output_written(const sink_output *output) {
    const char *bytes = ctrace_memory_writer_bytes(output->writer, NULL);
    return bytes == NULL ? "" : bytes;
}

void sink_output_end(sink_output *output) {
    ctrace_subscriber_unref(output->sink);
    ctrace_writer_unref(output->writer);
}

void sink_output_expect(sink_output *output, const char *expected) {
    assert_string_equal(sink_output_written(output), expected);
    sink_output_end(output);
}

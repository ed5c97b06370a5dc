/* A sink that writes into memory. */
#ifndef CTRACE_TESTS_SINK_OUTPUT_H
#define CTRACE_TESTS_SINK_OUTPUT_H

#include "ctrace/sinks.h"
#include "ctrace/writer.h"

typedef struct sink_output {
    ctrace_writer *writer;
    ctrace_subscriber *sink;
} sink_output;

/* Options as for the constructors. The sink must come into being. */
sink_output sink_output_text(const ctrace_text_options *options);
sink_output sink_output_json(const ctrace_json_options *options);
sink_output sink_output_logfmt(const ctrace_logfmt_options *options);
sink_output sink_output_tree(const ctrace_tree_options *options);

/* What it has written so far, NUL-terminated. */
const char *sink_output_written(const sink_output *output);

/* Gives the sink and its writer back. */
void sink_output_end(sink_output *output);

/* Fails the test unless the sink has written exactly that; then gives it back. */
void sink_output_expect(sink_output *output, const char *expected);

#endif

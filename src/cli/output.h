/* Where commands write to, through which sink. */
#ifndef CTI_CLI_OUTPUT_H
#define CTI_CLI_OUTPUT_H

#include "ctrace/subscriber.h"
#include "ctrace/writer.h"

/* The formats' names, as options have them; NULL ends them. */
extern const char *const output_formats[];

/* A sink of the format of that number. Takes over the writer, also on failure: then NULL, see
 * ctrace_last_error(). */
ctrace_subscriber *output_sink(int format, ctrace_writer *writer);

/* A writer to standard output; or to a new file at `path`, if that is not NULL. NULL on failure. */
ctrace_writer *output_writer(const char *path);

/* Whether something could not be written. */
bool output_failed(void);

#endif

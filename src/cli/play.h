/* Recordings told to a sink. */
#ifndef CTI_CLI_PLAY_H
#define CTI_CLI_PLAY_H

#include "cli/command.h"
#include "ctrace/subscriber.h"
#include "ctrace/writer.h"

/* Tells the recording to the sink, which it takes over, and flushes the writer that it writes to;
 * as long as somebody records, if `follow`. Says on standard error what is wrong; returns the exit
 * status. */
int play(const cli_command *command, const char *file, ctrace_subscriber *sink,
         ctrace_writer *writer, bool follow);

/* Says where the file named by `argument` is damaged. */
void play_say_damage(void *argument, uint64_t offset, const char *reason);

#endif

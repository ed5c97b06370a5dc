/* Command lines: options as --name, --name VALUE or --name=VALUE, anywhere; "--" ends them. */
#ifndef CTI_CLI_ARGUMENTS_H
#define CTI_CLI_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/command.h"

typedef struct cli_option {
    const char *name;   /* "--format", "-o" */
    const char **value; /* set to its value; NULL for an option without */
    bool *flag;         /* set where the option stands */
} cli_option;

typedef struct cli_arguments {
    const cli_command *command;
    const cli_option *options; /* up to one without a name */
    size_t files_most;
    const char **files; /* room for as many as there are arguments */
    size_t file_count;
} cli_arguments;

enum { ARGUMENTS_HELPED = -1 };

/* Reads them. EXIT_SOUND; EXIT_USAGE, which was explained on standard error; or ARGUMENTS_HELPED
 * when help was asked for and printed. */
int arguments_read(cli_arguments *arguments, char *const given[]);

/* Says what is wrong with the command line; returns EXIT_USAGE. */
int arguments_refuse(const cli_command *command, const char *problem, const char *what);

/* Which of the names, up to NULL, `word` is; -1 for none. */
int arguments_choose(const char *const names[], const char *word);

/* Prints what the command does. */
void arguments_help(const cli_command *command);

#endif

/* The commands of the tool. */
#ifndef CTI_CLI_COMMAND_H
#define CTI_CLI_COMMAND_H

enum { EXIT_SOUND = 0, EXIT_DAMAGED = 1, EXIT_USAGE = 2 };

/* Prints a recording. `arguments` follow the command's name; NULL ends them. Returns the exit
 * status. */
int cat_command(char *const arguments[]);

extern const char cat_usage[];

#endif

/* The commands of the tool. */
#ifndef CTI_CLI_COMMAND_H
#define CTI_CLI_COMMAND_H

enum { EXIT_SOUND = 0, EXIT_DAMAGED = 1, EXIT_USAGE = 2 };

typedef struct cli_command {
    const char *name;
    const char *summary; /* a line */
    const char *help;    /* the usage's arguments, then what the options do */
    /* `arguments` follow the command's name; NULL ends them. Returns the exit status. */
    int (*run)(char *const arguments[]);
} cli_command;

extern const cli_command cat_command;
extern const cli_command convert_command;
extern const cli_command convert_command;
extern const cli_command tree_command;

#endif

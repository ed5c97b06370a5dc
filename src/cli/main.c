/* ctrace: what recordings and traces tell. */
#include <stdio.h>
#include <string.h>

#include "cli/arguments.h"
#include "ctrace/trace.h"

static const cli_command *const commands[] = {&cat_command, &tree_command, &convert_command, NULL};

static int help(FILE *to, int status) {
    fprintf(to, "usage: ctrace COMMAND [ARGUMENT...]\n\n");
    for (const cli_command *const *at = commands; *at != NULL; at++) {
        fprintf(to, "  %-9s %s\n", (*at)->name, (*at)->summary);
    }
    fprintf(to, "  %-9s %s\n  %-9s %s\n\nctrace COMMAND --help says more.\n", "version",
            "prints the version", "help", "prints this");
    return status;
}

static const cli_command *find(const char *name) {
    const cli_command *const *at = commands;
    while (*at != NULL && strcmp((*at)->name, name) != 0) {
        at++;
    }
    return *at;
}

static int help_with(const char *name) {
    const cli_command *command = name == NULL ? NULL : find(name);
    if (command == NULL) {
        return help(stdout, EXIT_SOUND);
    }
    arguments_help(command);
    return EXIT_SOUND;
}

int main(int argc, char *argv[]) {
    const char *name = argc < 2 ? "" : argv[1];
    const cli_command *command = find(name);
    if (command != NULL) {
        return command->run(argv + 2);
    }
    if (strcmp(name, "version") == 0 || strcmp(name, "--version") == 0) {
        printf("ctrace %s\n", ctrace_version());
        return EXIT_SOUND;
    }
    if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0) {
        return help_with(argv[2]);
    }
    if (*name != '\0') {
        fprintf(stderr, "ctrace: there is no command \"%s\"\n", name);
    }
    return help(stderr, EXIT_USAGE);
}

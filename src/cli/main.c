/* ctrace: what recordings tell. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "ctrace/trace.h"

static int help(FILE *to, int status) {
    fprintf(to,
            "usage: ctrace COMMAND\n"
            "\n"
            "  %s\n"
            "  version\n"
            "  help\n",
            cat_usage);
    return status;
}

int main(int argc, char *argv[]) {
    const char *command = argc < 2 ? "" : argv[1];
    if (strcmp(command, "cat") == 0) {
        return cat_command(argv + 2);
    }
    if (strcmp(command, "version") == 0 || strcmp(command, "--version") == 0) {
        printf("ctrace %s\n", ctrace_version());
        return EXIT_SOUND;
    }
    if (strcmp(command, "help") == 0 || strcmp(command, "--help") == 0) {
        return help(stdout, EXIT_SOUND);
    }
    if (*command != '\0') {
        fprintf(stderr, "ctrace: there is no command \"%s\"\n", command);
    }
    return help(stderr, EXIT_USAGE);
}

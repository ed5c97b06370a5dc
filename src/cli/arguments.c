#include "cli/arguments.h"

#include <stdio.h>
#include <string.h>

int arguments_refuse(const cli_command *command, const char *problem, const char *what) {
    fprintf(stderr, "ctrace %s: %s%s\nTry \"ctrace %s --help\".\n", command->name, problem, what,
            command->name);
    return EXIT_USAGE;
}

void arguments_help(const cli_command *command) {
    printf("usage: ctrace %s %s", command->name, command->help);
}

int arguments_choose(const char *const names[], const char *word) {
    for (int i = 0; names[i] != NULL; i++) {
        if (strcmp(names[i], word) == 0) {
            return i;
        }
    }
    return -1;
}

/* Whether the argument is that option, alone or with "=" and a value behind it. */
static bool is_option(const char *argument, const cli_option *option) {
    const size_t size = strlen(option->name);
    return strncmp(argument, option->name, size) == 0 &&
           (argument[size] == '\0' || (argument[size] == '=' && option->value != NULL));
}

static const cli_option *find(const cli_option *options, const char *argument) {
    while (options->name != NULL && !is_option(argument, options)) {
        options++;
    }
    return options->name == NULL ? NULL : options;
}

/* The option at *at, which is moved to its value where that is the next argument. */
static int take_option(const cli_arguments *arguments, char *const **at) {
    const cli_option *option = find(arguments->options, **at);
    if (option == NULL) {
        return arguments_refuse(arguments->command, "there is no option ", **at);
    }
    if (option->value == NULL) {
        *option->flag = true;
        return EXIT_SOUND;
    }
    const char *behind = **at + strlen(option->name);
    if (*behind == '=') {
        *option->value = behind + 1;
        return EXIT_SOUND;
    }
    if ((*at)[1] == NULL) {
        return arguments_refuse(arguments->command, "a value is missing behind ", **at);
    }
    *option->value = *++*at;
    return EXIT_SOUND;
}

static int take_file(cli_arguments *arguments, const char *file) {
    if (arguments->file_count == arguments->files_most) {
        return arguments_refuse(arguments->command, "one FILE at a time: ", file);
    }
    arguments->files[arguments->file_count++] = file;
    return EXIT_SOUND;
}

int arguments_read(cli_arguments *arguments, char *const given[]) {
    bool options_end = false;
    int status = EXIT_SOUND;
    for (char *const *at = given; *at != NULL && status == EXIT_SOUND; at++) {
        if (options_end || **at != '-' || strcmp(*at, "-") == 0) {
            status = take_file(arguments, *at);
        } else if (strcmp(*at, "--") == 0) {
            options_end = true;
        } else if (strcmp(*at, "--help") == 0) {
            arguments_help(arguments->command);
            return ARGUMENTS_HELPED;
        } else {
            status = take_option(arguments, &at);
        }
    }
    if (status == EXIT_SOUND && arguments->file_count == 0) {
        return arguments_refuse(arguments->command, "FILE is missing", "");
    }
    return status;
}

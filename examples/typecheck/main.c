/* A type checker for a small functional language; README.md describes the language. */
#define TRACE_TARGET "typecheck"
#include "ctrace/deferred.h"
#include "ctrace/trace.h"

#include "infer.h"
#include "parser.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] = "Usage: typecheck [--repeat N] [--quiet] [--record PATH] FILE...\n";

static const char help[] =
    "Checks the types of programs in a small functional language.\n"
    "\n"
    "  --repeat N     check everything N times; what is found is printed once\n"
    "  --quiet        print errors only, no types\n"
    "  --record PATH  record the whole trace into a file, for `ctrace cat PATH`,\n"
    "                 instead of showing it\n"
    "  --help         print this\n"
    "\n"
    "Exit status: 0 when all files check, 1 when one has an error, 2 for wrong usage.\n"
    "\n"
    "CTRACE_LOG=debug shows the chain of reasoning, CTRACE_LOG=trace every step of it,\n"
    "CTRACE_LOG=off nothing but the types and the errors.\n";

struct options {
    unsigned long repeat;
    const char *record; /* NULL: the trace is shown */
    bool quiet;
    bool help;
};

static void print_types(const struct group *group) {
    for (const struct binding *b = group->bindings; b != NULL; b = b->next) {
        if (b->type != NULL) {
            char text[TYPE_TEXT_SIZE];
            type_text(text, b->type, &(struct type_names){0});
            printf("%s : %s\n", b->name, text);
        }
    }
}

/* A file with syntax errors is not checked further: what could not be read would be missing. */
static void check_source(struct source *source, bool print) {
    TRACE_SPAN("check", ("file", source->path));
    struct arena arena = {0};
    struct checker checker;
    size_t definitions = 0;
    struct group *group = parse_program(source, &arena);
    checker_init(&checker, source, &arena);
    if (source->errors > 0) {
        group = NULL;
    }
    for (; group != NULL; group = group->next) {
        infer_definition(&checker, group);
        definitions++;
        if (print) {
            print_types(group);
        }
    }
    TRACE_DEBUG("checked", ("definitions", definitions), ("errors", source->errors));
    arena_release(&arena);
}

/* Returns how many errors the file has; one that cannot be read counts as one error. */
static size_t check_file(const char *path, const struct options *options, bool first) {
    struct source source;
    if (!source_read(path, &source)) {
        int error = errno;
        TRACE_ERROR("cannot read", ("file", path), ("error", TRACE_ERRNO(error)));
        if (first) {
            fflush(stdout);
            fprintf(stderr, "typecheck: cannot read %s: %s\n", path, strerror(error));
        }
        return 1;
    }
    source.silent = !first;
    check_source(&source, first && !options->quiet);
    source_release(&source);
    return source.errors;
}

static size_t check_files(char *const paths[], const struct options *options) {
    size_t errors = 0;
    size_t files = 0;
    for (unsigned long i = 0; i < options->repeat; i++) {
        for (files = 0; paths[files] != NULL; files++) {
            size_t found = check_file(paths[files], options, i == 0);
            errors += i == 0 ? found : 0;
        }
    }
    TRACE_INFO("done", ("files", files), ("errors", errors), ("repeat", options->repeat));
    return errors;
}

static bool parse_count(const char *text, unsigned long *ret_count) {
    char *end = NULL;
    errno = 0;
    unsigned long count = text != NULL ? strtoul(text, &end, 10) : 0;
    if (text == NULL || text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
        count == 0) {
        return false;
    }
    *ret_count = count;
    return true;
}

/* Returns the first of the paths, or NULL after printing what is wrong. */
static char **parse_options(char *argv[], struct options *ret_options) {
    struct options options = {.repeat = 1};
    for (argv++; *argv != NULL && **argv == '-'; argv++) {
        if (strcmp(*argv, "--") == 0) {
            argv++;
            break;
        }
        if (strcmp(*argv, "--quiet") == 0) {
            options.quiet = true;
        } else if (strcmp(*argv, "--help") == 0) {
            options.help = true;
        } else if (strcmp(*argv, "--record") == 0 && argv[1] != NULL) {
            options.record = *++argv;
        } else if (strcmp(*argv, "--repeat") != 0) {
            fprintf(stderr, "typecheck: %s %s\n%s",
                    strcmp(*argv, "--record") == 0 ? "no path after" : "unknown option", *argv,
                    usage);
            return NULL;
        } else if (!parse_count(*++argv, &options.repeat)) {
            fprintf(stderr, "typecheck: --repeat wants a number above 0\n%s", usage);
            return NULL;
        }
    }
    *ret_options = options;
    return argv;
}

/* Into a file that grows as long as a gigabyte has room, since what comes first matters as much as
 * what comes last. */
static bool record(const char *path) {
    const ctrace_recorder_options options = {
        .mode = CTRACE_RECORDER_GROW, .max_bytes = 1 << 30, .thread_bytes = 1 << 20};
    if (ctrace_set_global(ctrace_recorder_new(path, &options)) != CTRACE_OK) {
        fprintf(stderr, "typecheck: %s\n", ctrace_last_error());
        return false;
    }
    return true;
}

int main(int argc, char *argv[]) {
    struct options options;
    char **paths = argc > 0 ? parse_options(argv, &options) : NULL;
    if (paths == NULL) {
        return 2;
    }
    if (options.help) {
        printf("%s%s", usage, help);
        return 0;
    }
    if (*paths == NULL) {
        fputs(usage, stderr);
        return 2;
    }
    if (options.record == NULL) {
        ctrace_init();
    } else if (!record(options.record)) {
        return 1;
    }
    size_t errors = check_files(paths, &options);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("typecheck: standard output");
        return 1;
    }
    return errors == 0 ? 0 : 1;
}

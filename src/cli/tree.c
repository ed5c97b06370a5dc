/* ctrace tree: one tree for each trace, out of what several processes told. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/memory.h"
#include "cli/arguments.h"
#include "cli/lines.h"
#include "cli/output.h"
#include "cli/tree.h"
#include "ctrace/sinks.h"
#include "record/packed.h"
#include "sinks/color.h"

enum { MEMORY_MIB = 512, MEMORY_MIB_MOST = SIZE_MAX >> 20 > 1 << 20 ? 1 << 20 : 2047 };

typedef struct choice {
    const char *trace, *level, *color, *memory;
    bool unreadable; /* a file could not be opened */
    bool damaged;
} choice;

/* ---- Files ---- */

/* "front" of "/var/log/front.jsonl"; a copy. */
static const char *process_of(tree_forest *forest, const char *path) {
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    const char *dot = strrchr(name, '.');
    return arena_copy(&forest->arena, name,
                      dot == NULL || dot == name ? strlen(name) : (size_t)(dot - name));
}

static const char *read_line(tree_source *source, const char *line, size_t size) {
    size_t at;
    if (strspn(line, " \t\r") >= size) {
        return NULL;
    }
    const char *problem = json_read(&source->json, line, size, &at);
    if (problem != NULL) {
        return problem;
    }
    const json_node *whole = source->json.nodes;
    const bool otlp = json_member(&source->json, whole, "resourceSpans") != NULL ||
                      json_member(&source->json, whole, "resourceLogs") != NULL;
    return otlp ? tree_read_otlp(source) : tree_read_event(source);
}

static void say(tree_source *source, uint64_t line, const char *problem) {
    fprintf(stderr, "%s:%" PRIu64 ": %s\n", source->path, line, problem);
    source->damaged = true;
}

static void read_lines(tree_source *source, int fd) {
    line_reader lines;
    const char *line;
    size_t size;
    lines_init(&lines, fd);
    while (lines_next(&lines, &line, &size)) {
        const char *problem = read_line(source, line, size);
        if (problem != NULL) {
            say(source, lines.number, problem);
        }
    }
    if (lines.problem != NULL) {
        say(source, lines.number, lines.problem);
    }
    lines_release(&lines);
}

static bool is_recording(int fd) {
    char magic[sizeof CTI_FILE_MAGIC - 1];
    return pread(fd, magic, sizeof magic, 0) == (ssize_t)sizeof magic &&
           (memcmp(magic, CTI_FILE_MAGIC, sizeof magic) == 0 ||
            memcmp(magic, CTI_PACKED_MAGIC, sizeof magic) == 0);
}

/* As open() does it for reading, but folders, which cannot be read, are refused here. */
static int open_file(const char *path) {
    struct stat about;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &about) == 0 && S_ISDIR(about.st_mode)) {
        close(fd);
        errno = EISDIR;
        return -1;
    }
    return fd;
}

static void read_file(choice *chosen, tree_source *source) {
    const bool standard = strcmp(source->path, "-") == 0;
    const int fd = standard ? STDIN_FILENO : open_file(source->path);
    if (fd < 0) {
        fprintf(stderr, "ctrace tree: %s: %s\n", source->path, strerror(errno));
        chosen->unreadable = true;
        return;
    }
    source->process = standard ? "-" : process_of(source->forest, source->path);
    if (!standard && is_recording(fd)) {
        tree_read_recording(source);
    } else {
        read_lines(source, fd);
    }
    if (!standard) {
        close(fd);
    }
    chosen->damaged |= source->damaged;
}

static void read_files(choice *chosen, tree_forest *forest, const cli_arguments *arguments) {
    for (size_t i = 0; i < arguments->file_count; i++) {
        tree_source source = {.forest = forest,
                              .path = arguments->files[i],
                              .number = i + 1,
                              .text = CTI_BUF_INIT,
                              .string = CTI_BUF_INIT};
        read_file(chosen, &source);
        json_release(&source.json);
        cti_buf_release(&source.text);
        cti_buf_release(&source.string);
    }
}

/* ---- The command line ---- */

static bool choose_trace(tree_forest *forest, const char *trace) {
    forest->trace_id = trace;
    return trace == NULL ||
           (strspn(trace, "0123456789abcdef") == strlen(trace) && strlen(trace) <= 32);
}

static bool choose_level(tree_forest *forest, const char *level) {
    static const char *const names[] = {"trace", "debug", "info", "warn", "error", NULL};
    const int number = arguments_choose(names, level);
    forest->level = CTRACE_LEVEL_TRACE + number;
    return number >= 0;
}

static bool choose_color(tree_forest *forest, const char *color, ctrace_writer *writer) {
    static const char *const names[] = {"auto", "always", "never", NULL}; /* CTRACE_COLOR_* */
    const int number = arguments_choose(names, color);
    forest->color = number >= 0 && cti_has_color(number, writer);
    return number >= 0;
}

/* In MiB; 0 for what is no number, or too large a one. */
static size_t memory_of(const char *text) {
    char *end;
    const unsigned long number = text == NULL ? MEMORY_MIB : strtoul(text, &end, 10);
    const bool good = text == NULL || (*text >= '0' && *text <= '9' && *end == '\0');
    return good && number <= MEMORY_MIB_MOST ? (size_t)number : 0;
}

static int choose(const choice *chosen, tree_forest *forest, ctrace_writer *writer) {
    const size_t memory = memory_of(chosen->memory);
    forest_init(forest, memory << 20);
    if (memory == 0) {
        return arguments_refuse(&tree_command, "--memory is no number of MiB: ", chosen->memory);
    }
    if (!choose_trace(forest, chosen->trace)) {
        return arguments_refuse(&tree_command, "there is no trace id that begins with ",
                                chosen->trace);
    }
    if (!choose_level(forest, chosen->level)) {
        return arguments_refuse(&tree_command, "there is no level ", chosen->level);
    }
    if (!choose_color(forest, chosen->color, writer)) {
        return arguments_refuse(&tree_command, "--color is auto, always or never, not ",
                                chosen->color);
    }
    return EXIT_SOUND;
}

static int show(choice *chosen, tree_forest *forest, ctrace_writer *writer) {
    if (forest_join(forest)) {
        tree_print(forest, writer);
    } else {
        fprintf(stderr, "ctrace tree: there is no memory for joining the traces\n");
        chosen->damaged = true;
    }
    if (forest->left_out != 0) {
        fprintf(stderr,
                "ctrace tree: %" PRIu64 " spans and events are left out for want of memory: see "
                "--trace, --level and --memory\n",
                forest->left_out);
        chosen->damaged = true;
    }
    ctrace_writer_flush(writer, CTRACE_FOREVER);
    return chosen->unreadable                   ? EXIT_USAGE
           : chosen->damaged || output_failed() ? EXIT_DAMAGED
                                                : EXIT_SOUND;
}

static int run_chosen(choice *chosen, const cli_arguments *arguments) {
    tree_forest forest;
    ctrace_writer *writer = output_writer(NULL);
    int status = choose(chosen, &forest, writer);
    if (status == EXIT_SOUND) {
        read_files(chosen, &forest, arguments);
        status = show(chosen, &forest, writer);
    }
    forest_release(&forest);
    ctrace_writer_unref(writer);
    return status;
}

static size_t count(char *const given[]) {
    size_t number = 0;
    while (given[number] != NULL) {
        number++;
    }
    return number;
}

static int run(char *const given[]) {
    choice chosen = {.level = "trace", .color = "auto"};
    const cli_option options[] = {{"--trace", &chosen.trace, NULL},
                                  {"--level", &chosen.level, NULL},
                                  {"--color", &chosen.color, NULL},
                                  {"--memory", &chosen.memory, NULL},
                                  {NULL, NULL, NULL}};
    cli_arguments arguments = {
        .command = &tree_command, .options = options, .files_most = count(given)};
    arguments.files = cti_alloc((arguments.files_most + 1) * sizeof *arguments.files);
    if (arguments.files == NULL) {
        fprintf(stderr, "ctrace tree: there is no memory\n");
        return EXIT_DAMAGED;
    }
    int status = arguments_read(&arguments, given);
    if (status == EXIT_SOUND) {
        status = run_chosen(&chosen, &arguments);
    }
    cti_free(arguments.files);
    return status == ARGUMENTS_HELPED ? EXIT_SOUND : status;
}

const cli_command tree_command = {
    "tree", "prints one tree for each trace, joined over processes",
    "FILE... [--trace ID] [--level LEVEL] [--color WHEN] [--memory MIB]\n"
    "\n"
    "Joins what several processes told into one tree for each trace: the spans, with how long "
    "they\n"
    "lasted, and what happened in them, in order of time. A FILE holds lines of the JSON sink, "
    "flat\n"
    "or nested, or of OpenTelemetry's JSON, or is a recording; - is standard input. A process is\n"
    "called as its field service or service.name says, else as its file. What happened outside of\n"
    "spans is left out.\n"
    "\n"
    "  --trace ID      only the traces whose id begins so\n"
    "  --level LEVEL   no events less severe: trace (the default), debug, info, warn or error\n"
    "  --color WHEN    auto (the default), always or never\n"
    "  --memory MIB    keep no more than that at a time; 512 unless said otherwise\n"
    "\n"
    "Spans of which only events tell lasted at least as long as shown. For whole durations let\n"
    "the JSON sink tell of spans too (span_events: new and close).\n"
    "\n"
    "Exit status: 0; 1 when something cannot be read (the rest is printed, and standard error "
    "says\n"
    "FILE:LINE: reason); 2 when the command line is wrong or a FILE cannot be opened.\n",
    run};

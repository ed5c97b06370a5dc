/* ctrace cat: prints a recording through one of the sinks. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/command.h"
#include "ctrace/filter.h"
#include "ctrace/record.h"
#include "ctrace/sinks.h"
#include "ctrace/trace.h"
#include "ctrace/writer.h"

const char cat_usage[] =
    "cat FILE [--format text|compact|pretty|json] [--filter DIRECTIVES] [--follow]";

enum { BUFFER_BYTES = 64 << 10, PAUSE_NS = 50000000 };

typedef struct choice {
    const char *file;
    const char *format;
    const char *directives;
    bool follow;
} choice;

static int usage(const char *problem, const char *what) {
    fprintf(stderr, "ctrace cat: %s%s\nusage: ctrace %s\n", problem, what, cat_usage);
    return EXIT_USAGE;
}

/* ---- The command line ---- */

/* The value of the option `name`, which is behind "=" or the next argument; NULL when *at is
 * another one. A value that is missing is "". */
static const char *value_of(char *const **at, const char *name) {
    const size_t size = strlen(name);
    const char *argument = **at;
    if (strncmp(argument, name, size) != 0 || (argument[size] != '\0' && argument[size] != '=')) {
        return NULL;
    }
    if (argument[size] == '=') {
        return argument + size + 1;
    }
    if ((*at)[1] == NULL) {
        return "";
    }
    *at += 1;
    return **at;
}

static int parse(char *const arguments[], choice *ret_choice) {
    choice chosen = {NULL, "text", NULL, false};
    bool options_end = false;
    for (char *const *at = arguments; *at != NULL; at++) {
        const char *value;
        if (options_end || **at != '-') {
            if (chosen.file != NULL) {
                return usage("one FILE at a time: ", *at);
            }
            chosen.file = *at;
        } else if (strcmp(*at, "--") == 0) {
            options_end = true;
        } else if (strcmp(*at, "--follow") == 0) {
            chosen.follow = true;
        } else if ((value = value_of(&at, "--format")) != NULL) {
            chosen.format = value;
        } else if ((value = value_of(&at, "--filter")) != NULL) {
            chosen.directives = value;
        } else {
            return usage("there is no option ", *at);
        }
    }
    if (chosen.file == NULL) {
        return usage("FILE is missing", "");
    }
    *ret_choice = chosen;
    return EXIT_SOUND;
}

/* ---- The sink ---- */

/* Takes over the writer. NULL when there is no such format, or no memory. */
static ctrace_subscriber *make_sink(const char *format, ctrace_writer *writer) {
    static const char *const texts[] = {"text", "compact", "pretty"}; /* as CTRACE_TEXT_* */
    for (int i = 0; i < 3; i++) {
        if (strcmp(format, texts[i]) == 0) {
            const ctrace_text_options options = {.format = i};
            return ctrace_text_new(writer, &options);
        }
    }
    if (strcmp(format, "json") == 0) {
        return ctrace_json_new(writer, NULL);
    }
    ctrace_writer_unref(writer);
    return NULL;
}

static bool is_format(const char *format) {
    return strcmp(format, "text") == 0 || strcmp(format, "compact") == 0 ||
           strcmp(format, "pretty") == 0 || strcmp(format, "json") == 0;
}

static void say_failure(void) {
    fprintf(stderr, "ctrace cat: %s\n", ctrace_last_error());
}

/* ---- Reading ---- */

static void say_damage(void *argument, uint64_t offset, const char *reason) {
    fprintf(stderr, "%s: offset %" PRIu64 ": %s\n", (const char *)argument, offset, reason);
}

static void pause_shortly(void) {
    const struct timespec pause = {0, PAUSE_NS};
    nanosleep(&pause, NULL);
}

static ctrace_status read_all(ctrace_recording *recording, ctrace_writer *writer) {
    ctrace_status status = ctrace_recording_read(recording);
    while (ctrace_recording_is_live(recording) &&
           (status == CTRACE_OK || status == CTRACE_ECORRUPT)) {
        ctrace_writer_flush(writer, CTRACE_FOREVER);
        pause_shortly();
        status = ctrace_recording_read(recording);
    }
    return status;
}

static bool output_failed(void) {
    ctrace_stats stats;
    ctrace_stats_get(&stats, sizeof stats);
    return stats.write_errors != 0;
}

/* Takes over the sink. */
static int print(const choice *chosen, ctrace_subscriber *sink, ctrace_writer *writer) {
    const ctrace_recording_options options = {.on_damage = say_damage,
                                              .argument = (void *)(uintptr_t)chosen->file,
                                              .follow = chosen->follow};
    ctrace_recording *recording = ctrace_recording_open(sink, chosen->file, &options);
    if (recording == NULL) {
        say_failure();
        return EXIT_USAGE;
    }
    const ctrace_status status = read_all(recording, writer);
    if (status != CTRACE_OK && status != CTRACE_ECORRUPT) {
        say_failure();
    }
    ctrace_recording_close(recording);
    return status == CTRACE_OK && !output_failed() ? EXIT_SOUND : EXIT_DAMAGED;
}

/* Takes over the filter. */
static int print_filtered(const choice *chosen, ctrace_filter *filter) {
    const ctrace_fd_writer_options options = {.buffer_bytes = BUFFER_BYTES};
    ctrace_writer *writer = ctrace_fd_writer_new(STDOUT_FILENO, &options);
    ctrace_subscriber *sink = make_sink(chosen->format, ctrace_writer_ref(writer));
    if (filter != NULL) {
        sink = ctrace_filtered_new(sink, filter);
    }
    const int status = print(chosen, sink, writer);
    ctrace_writer_flush(writer, CTRACE_FOREVER);
    ctrace_writer_unref(writer);
    return output_failed() && status == EXIT_SOUND ? EXIT_DAMAGED : status;
}

int cat_command(char *const arguments[]) {
    choice chosen;
    ctrace_filter *filter = NULL;
    size_t offset;
    const int status = parse(arguments, &chosen);
    if (status != EXIT_SOUND) {
        return status;
    }
    if (!is_format(chosen.format)) {
        return usage("there is no format ", chosen.format);
    }
    if (chosen.directives != NULL &&
        ctrace_filter_parse(chosen.directives, &filter, &offset) != CTRACE_OK) {
        return usage("--filter: ", ctrace_last_error());
    }
    return print_filtered(&chosen, filter);
}

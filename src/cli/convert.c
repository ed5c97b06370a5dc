/* ctrace convert: a recording in another form. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/arguments.h"
#include "cli/output.h"
#include "cli/play.h"
#include "ctrace/trace.h"
#include "record/packed.h"

typedef struct choice {
    const char *file, *to, *output;
} choice;

/* ---- Packing ---- */

static bool write_packed(void *writer, const void *bytes, size_t size) {
    return ctrace_writer_write(writer, bytes, size) == CTRACE_OK;
}

static int say_errno(const char *file, int status) {
    fprintf(stderr, "ctrace convert: %s: %s\n", file, strerror(errno));
    return status;
}

static int pack_view(const choice *chosen, cti_view *view, ctrace_writer *writer) {
    if (!cti_view_load(view)) {
        return say_errno(chosen->file, EXIT_DAMAGED);
    }
    if (view->segment_size == 0) {
        return EXIT_DAMAGED; /* it was said why */
    }
    errno = 0;
    if (!cti_pack(view, write_packed, writer)) {
        return say_errno(chosen->output == NULL ? "standard output" : chosen->output, EXIT_DAMAGED);
    }
    ctrace_writer_flush(writer, CTRACE_FOREVER);
    return view->damaged || view->error != 0 || output_failed() ? EXIT_DAMAGED : EXIT_SOUND;
}

static int pack(const choice *chosen, ctrace_writer *writer) {
    cti_view view = {.on_damage = play_say_damage, .argument = (void *)(uintptr_t)chosen->file};
    view.fd = cti_view_open(chosen->file);
    if (view.fd >= 0) {
        view.fd = cti_unpack(view.fd, view.on_damage, view.argument, &view.damaged);
    }
    if (view.fd < 0) {
        return say_errno(chosen->file, EXIT_USAGE);
    }
    const int status = pack_view(chosen, &view, writer);
    cti_view_release(&view);
    return status;
}

/* ---- The command line ---- */

/* Writing to what is being read would destroy it. */
static bool is_same_file(const char *file, const char *output) {
    struct stat one, other;
    return output != NULL && stat(file, &one) == 0 && stat(output, &other) == 0 &&
           one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

static int convert(const choice *chosen, int format, bool packed) {
    ctrace_writer *writer = output_writer(chosen->output);
    if (writer == NULL) {
        fprintf(stderr, "ctrace convert: %s\n", ctrace_last_error());
        return EXIT_USAGE;
    }
    const int status = packed ? pack(chosen, writer)
                              : play(&convert_command, chosen->file,
                                     output_sink(format, ctrace_writer_ref(writer)), writer, false);
    ctrace_writer_unref(writer);
    return status;
}

static int run_chosen(const choice *chosen) {
    if (chosen->to == NULL) {
        return arguments_refuse(&convert_command, "--to is missing", "");
    }
    const bool packed = strcmp(chosen->to, "ctrace") == 0;
    const int format = arguments_choose(output_formats, chosen->to);
    if (!packed && format < 0) {
        return arguments_refuse(&convert_command, "there is no format ", chosen->to);
    }
    if (is_same_file(chosen->file, chosen->output)) {
        return arguments_refuse(&convert_command,
                                "the output is the file itself: ", chosen->output);
    }
    if (packed && chosen->output == NULL && isatty(STDOUT_FILENO)) {
        return arguments_refuse(&convert_command, "a recording is nothing for a terminal", "");
    }
    const int fd = cti_view_open(chosen->file);
    if (fd < 0) {
        return say_errno(chosen->file, EXIT_USAGE); /* and the output stays as it is */
    }
    close(fd);
    return convert(chosen, format, packed);
}

static int run(char *const given[]) {
    choice chosen = {NULL, NULL, NULL};
    const cli_option options[] = {
        {"--to", &chosen.to, NULL}, {"-o", &chosen.output, NULL}, {NULL, NULL, NULL}};
    cli_arguments arguments = {
        .command = &convert_command, .options = options, .files_most = 1, .files = &chosen.file};
    const int status = arguments_read(&arguments, given);
    return status == EXIT_SOUND         ? run_chosen(&chosen)
           : status == ARGUMENTS_HELPED ? EXIT_SOUND
                                        : status;
}

const cli_command convert_command = {
    "convert", "writes a recording in another form",
    "FILE --to FORMAT [-o OUTPUT]\n"
    "\n"
    "Writes the recording FILE to standard output, or to the file OUTPUT, in another form.\n"
    "\n"
    "  --to FORMAT  ctrace, or what cat can print: text, compact, pretty, tree, json, logfmt,\n"
    "               otlp (OpenTelemetry's JSON)\n"
    "  -o OUTPUT    a file; replaced if it is there\n"
    "\n"
    "The form ctrace is a packed recording, for keeping: all that the first one told, in less "
    "room,\n"
    "with a sum for each block. cat, tree and convert read it as they read the first one.\n"
    "\n"
    "Exit status: 0; 1 when the file is damaged (what is readable is written, and standard error\n"
    "says FILE: offset N: reason) or the output cannot be written; 2 when the command line is\n"
    "wrong or FILE cannot be opened.\n",
    run};

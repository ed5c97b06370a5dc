/* ctrace cat: prints a recording through one of the sinks. */
#include "cli/arguments.h"
#include "cli/output.h"
#include "cli/play.h"
#include "ctrace/filter.h"
#include "ctrace/trace.h"

typedef struct choice {
    const char *file;
    const char *format;
    const char *directives;
    bool follow;
} choice;

/* Takes over the filter. */
static int print_filtered(const choice *chosen, int format, ctrace_filter *filter) {
    ctrace_writer *writer = output_writer(NULL);
    ctrace_subscriber *sink = output_sink(format, ctrace_writer_ref(writer));
    if (filter != NULL) {
        sink = ctrace_filtered_new(sink, filter);
    }
    const int status = play(&cat_command, chosen->file, sink, writer, chosen->follow);
    ctrace_writer_unref(writer);
    return status;
}

/* ---- The command line ---- */

static int run_chosen(const choice *chosen) {
    ctrace_filter *filter = NULL;
    size_t offset;
    const int format = arguments_choose(output_formats, chosen->format);
    if (format < 0) {
        return arguments_refuse(&cat_command, "there is no format ", chosen->format);
    }
    if (chosen->directives != NULL &&
        ctrace_filter_parse(chosen->directives, &filter, &offset) != CTRACE_OK) {
        return arguments_refuse(&cat_command, "--filter: ", ctrace_last_error());
    }
    return print_filtered(chosen, format, filter);
}

static int run(char *const given[]) {
    choice chosen = {NULL, "text", NULL, false};
    const cli_option options[] = {{"--format", &chosen.format, NULL},
                                  {"--filter", &chosen.directives, NULL},
                                  {"--follow", NULL, &chosen.follow},
                                  {NULL, NULL, NULL}};
    cli_arguments arguments = {
        .command = &cat_command, .options = options, .files_most = 1, .files = &chosen.file};
    const int status = arguments_read(&arguments, given);
    return status == EXIT_SOUND         ? run_chosen(&chosen)
           : status == ARGUMENTS_HELPED ? EXIT_SOUND
                                        : status;
}

const cli_command cat_command = {
    "cat", "prints a recording",
    "FILE [--format FORMAT] [--filter DIRECTIVES] [--follow]\n"
    "\n"
    "Prints what a flight recorder left in FILE, in order of time, also after a crash and also of\n"
    "another machine.\n"
    "\n"
    "  --format FORMAT      text (the default), compact, pretty, tree, json, logfmt or otlp\n"
    "  --filter DIRECTIVES  only what CTRACE_LOG would let through, e.g. info,db=debug\n"
    "  --follow             go on as long as the process that records is alive\n"
    "\n"
    "Exit status: 0; 1 when the file is damaged (what is readable is printed, and standard error\n"
    "says FILE: offset N: reason) or the output cannot be written; 2 when the command line is\n"
    "wrong or FILE cannot be opened.\n",
    run};

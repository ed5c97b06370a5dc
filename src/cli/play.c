#include "cli/play.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "cli/output.h"
#include "ctrace/record.h"
#include "ctrace/trace.h"

enum { PAUSE_NS = 50000000 };

static void say_failure(const cli_command *command) {
    fprintf(stderr, "ctrace %s: %s\n", command->name, ctrace_last_error());
}

void play_say_damage(void *argument, uint64_t offset, const char *reason) {
    fprintf(stderr, "%s: offset %" PRIu64 ": %s\n", (const char *)argument, offset, reason);
}

static void pause_shortly(void) {
    const struct timespec pause = {0, PAUSE_NS};
    nanosleep(&pause, NULL);
}

/* Until there is no more, or nobody to read what we print. */
static ctrace_status read_all(ctrace_recording *recording, ctrace_writer *writer) {
    ctrace_status status = ctrace_recording_read(recording);
    while (ctrace_recording_is_live(recording) && !output_failed() &&
           (status == CTRACE_OK || status == CTRACE_ECORRUPT)) {
        ctrace_writer_flush(writer, CTRACE_FOREVER);
        pause_shortly();
        status = ctrace_recording_read(recording);
    }
    return status;
}

int play(const cli_command *command, const char *file, ctrace_subscriber *sink,
         ctrace_writer *writer, bool follow) {
    const ctrace_recording_options options = {
        .on_damage = play_say_damage, .argument = (void *)(uintptr_t)file, .follow = follow};
    ctrace_recording *recording = ctrace_recording_open(sink, file, &options);
    if (recording == NULL) {
        say_failure(command);
        return EXIT_USAGE;
    }
    const ctrace_status status = read_all(recording, writer);
    if (status != CTRACE_OK && status != CTRACE_ECORRUPT) {
        say_failure(command);
    }
    ctrace_recording_close(recording);
    ctrace_writer_flush(writer, CTRACE_FOREVER);
    return status == CTRACE_OK && !output_failed() ? EXIT_SOUND : EXIT_DAMAGED;
}

#include "sinks/color.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "write/writer.h"

/* As no-color.org has it: set to anything but nothing. */
static bool colors_are_refused(void) {
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    return (no_color != NULL && *no_color != '\0') || (term != NULL && strcmp(term, "dumb") == 0);
}

bool cti_has_color(int color, ctrace_writer *writer) {
    if (color != CTRACE_COLOR_AUTO) {
        return color == CTRACE_COLOR_ALWAYS;
    }
    const int fd = cti_writer_fd(writer);
    return fd >= 0 && !colors_are_refused() && isatty(fd) == 1;
}

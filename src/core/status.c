#include "core/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/atomic.h"
#include "base/quiet.h"

static _Thread_local char last_error[256];

const char *ctrace_last_error(void) {
    return last_error;
}

ctrace_status cti_fail(ctrace_status status, const char *format, ...) {
    char text[sizeof last_error]; /* the arguments may point into last_error */
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    memcpy(last_error, text, sizeof last_error);
    return status;
}

void *cti_fail_null(const char *what) {
    if (last_error[0] == '\0') {
        cti_fail(CTRACE_EINVAL, "%s is NULL", what);
    }
    return NULL;
}

void cti_fail_forget(void) {
    last_error[0] = '\0';
}

void *cti_fail_memory(const char *what) {
    cti_fail(CTRACE_ENOMEM, "no memory for %s", what);
    return NULL;
}

void cti_complain_once(bool *once, const char *format, ...) {
    if (cti_exchange(once, true)) {
        return;
    }
    char line[1024] = "ctrace: ";
    va_list arguments;
    va_start(arguments, format);
    const int more = vsnprintf(line + 8, sizeof line - 9, format, arguments);
    va_end(arguments);
    size_t size = more < 0 ? 8 : 8 + (size_t)more;
    size = size < sizeof line - 2 ? size : sizeof line - 2;
    line[size] = '\n';
    cti_quiet quiet; /* standard error may be a pipe that nobody reads */
    cti_quiet_begin(&quiet, SIGPIPE);
    const ssize_t written = write(STDERR_FILENO, line, size + 1);
    cti_quiet_end(&quiet, written < 0);
}

const char *ctrace_status_text(ctrace_status status) {
    switch (status) {
    case CTRACE_OK:
        return "success";
    case CTRACE_EINVAL:
        return "invalid argument";
    case CTRACE_ENOMEM:
        return "no memory";
    case CTRACE_EPARSE:
        return "text could not be parsed";
    case CTRACE_EIO:
        return "reading or writing failed";
    case CTRACE_EALREADY:
        return "done already";
    case CTRACE_ETIMEDOUT:
        return "time ran out";
    case CTRACE_ENOTSUP:
        return "not supported here";
    case CTRACE_ECORRUPT:
        return "recording is damaged";
    }
    return "unknown status";
}

#define TEXT_OF(x)  TEXT_OF_(x)
#define TEXT_OF_(x) #x

const char *ctrace_version(void) {
    return TEXT_OF(CTRACE_VERSION_MAJOR) "." TEXT_OF(CTRACE_VERSION_MINOR) "." TEXT_OF(
        CTRACE_VERSION_PATCH);
}

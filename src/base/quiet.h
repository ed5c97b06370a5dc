/* Writing without the signal that a failing write raises, whatever the host does with that signal:
 * it is blocked for the while, and one that we caused is taken back. */
#ifndef CTI_BASE_QUIET_H
#define CTI_BASE_QUIET_H

#include <signal.h>
#include <stdbool.h>

typedef struct cti_quiet {
    int signal;
    bool was_blocked;
    bool was_pending;
} cti_quiet;

void cti_quiet_begin(cti_quiet *quiet, int signal);

/* failed  Whether the write failed, even in part, and so may have raised it. errno is left alone.
 */
void cti_quiet_end(const cti_quiet *quiet, bool failed);

#endif

/* Files that somebody holds: that they are being written is seen from outside. */
#ifndef CTI_BASE_HELD_H
#define CTI_BASE_HELD_H

#include <stdbool.h>

/* Holds the file as long as the descriptor is open, or one that a forked child has got from it:
 * until the process ends or, with FD_CLOEXEC, executes another program. */
void cti_hold(int fd);

/* Whether somebody holds the file that `fd` has opened anew. True where that cannot be known. */
bool cti_is_held(int fd);

#endif

/* A symbolic link to the file that is written. */
#ifndef CTI_WRITE_LINK_H
#define CTI_WRITE_LINK_H

#include <stdbool.h>

/* Has the symbolic link at `link` lead to `path`; replaces one that leads elsewhere, in one step.
 * False, with errno: EEXIST when there is something that is no link. */
bool cti_link_point(const char *link, const char *path);

#endif

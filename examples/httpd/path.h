/* Paths in requests, and where they lead. */
#ifndef HTTPD_PATH_H
#define HTTPD_PATH_H

#include <stdbool.h>
#include <stddef.h>

/* Decodes a request's path into one that is relative to the root: "/a%20b" becomes "./a b". Returns
 * 0, or the status to refuse it with: 400 when it is malformed, 403 when its dots lead outside, 404
 * when it does not fit. */
int path_decode(const char *encoded, size_t size, char *ret_path, size_t room);

/* Whether an absolute path is the folder or lies below it. */
bool path_is_below(const char *path, const char *folder);

#endif

/* Files below the root. */
#ifndef HTTPD_FILES_H
#define HTTPD_FILES_H

#include "exchange.h"

struct file {
    int fd;
    uint64_t size;
    const char *type; /* its media type; static */
};

/* Finds the file that the request's path means; of a folder, its index.html. Returns 0, or the
 * status to refuse it with: 400, 403, 404, 500, 503. Close ret_file->fd. */
int files_find(const struct server *server, const struct request *request, struct file *ret_file);

/* Answers with the file. */
void files_send(struct exchange *exchange, const struct file *file);

#endif

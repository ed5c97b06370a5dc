/* What all loops of a server have in common. */
#ifndef HTTPD_SERVER_H
#define HTTPD_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct server {
    const char *root;          /* the folder served, with all links resolved; NULL: a proxy */
    const char *upstream;      /* HOST:PORT */
    const char *upstream_host; /* the parts of it */
    unsigned upstream_port;
    struct sockaddr_storage address; /* of the upstream */
    socklen_t address_size;
    unsigned port;     /* ours */
    uint64_t patience; /* ns to wait for a peer that does nothing */
    int listener;
    int root_fd;
    int stop; /* becomes readable when all is to end */
};

/* Each is false after it has said on standard error what is wrong. Texts are kept; what a server
 * holds it holds until the process ends. */
bool server_serve_files(struct server *server, const char *folder);
bool server_serve_upstream(struct server *server, const char *host_and_port);
bool server_listen(struct server *server, unsigned port); /* 0: one that is free */

/* Has the loops end; the other side of server->stop. Threads: any. */
void server_stop(struct server *server);

#endif

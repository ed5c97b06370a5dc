#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static bool fail(const char *what) {
    fprintf(stderr, "httpd: %s: %s\n", what, strerror(errno));
    return false;
}

bool server_serve_files(struct server *server, const char *folder) {
    server->root = realpath(folder, NULL);
    if (server->root == NULL) {
        return fail(folder);
    }
    server->root_fd = open(server->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return server->root_fd >= 0 || fail(folder);
}

/* ---- Upstream: looked up once ---- */

/* "host:80" or "[::1]:80"; in place, in a copy. */
static bool take_apart(struct server *server, char *text, const char **ret_port) {
    char *colon = strrchr(text, ':');
    if (colon == NULL || colon == text) {
        return false;
    }
    *colon = '\0';
    char *end;
    const unsigned long port = strtoul(colon + 1, &end, 10);
    if (colon[1] < '0' || colon[1] > '9' || *end != '\0' || port == 0 || port > 65535) {
        return false;
    }
    if (*text == '[' && colon[-1] == ']') {
        colon[-1] = '\0';
        text++;
    }
    server->upstream_host = text;
    server->upstream_port = (unsigned)port;
    *ret_port = colon + 1;
    return true;
}

bool server_serve_upstream(struct server *server, const char *host_and_port) {
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    const char *port = NULL;
    char *copy = strdup(host_and_port);
    server->upstream = host_and_port;
    if (copy == NULL || !take_apart(server, copy, &port)) {
        fprintf(stderr, "httpd: \"%s\": expected HOST:PORT\n", host_and_port);
        free(copy);
        return false;
    }
    struct addrinfo *found;
    const int error = getaddrinfo(server->upstream_host, port, &hints, &found);
    if (error != 0) {
        fprintf(stderr, "httpd: %s: %s\n", server->upstream_host, gai_strerror(error));
        return false;
    }
    memcpy(&server->address, found->ai_addr, found->ai_addrlen);
    server->address_size = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

/* ---- Listening ---- */

static bool listen_on(struct server *server, unsigned port) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    const int yes = 1;
    struct sockaddr *plain = (struct sockaddr *)&address;
    if (setsockopt(server->listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        bind(server->listener, plain, size) != 0 || listen(server->listener, SOMAXCONN) != 0 ||
        getsockname(server->listener, plain, &size) != 0) {
        return false;
    }
    server->port = ntohs(address.sin_port);
    return true;
}

bool server_listen(struct server *server, unsigned port) {
    char what[32];
    snprintf(what, sizeof what, "port %u", port);
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (server->listener < 0 || !listen_on(server, port)) {
        return fail(what);
    }
    server->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return server->stop >= 0 || fail("eventfd");
}

void server_stop(struct server *server) {
    const uint64_t one = 1;
    if (write(server->stop, &one, sizeof one) < 0) {
        fail("eventfd"); /* cannot be: it counts to 2^64 */
    }
}

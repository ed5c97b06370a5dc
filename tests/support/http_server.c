#include "support/http_server.h"

#undef NDEBUG
#include <assert.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

static int listen_on(int port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((in_port_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    assert(bind(fd, (struct sockaddr *)&address, sizeof address) == 0);
    assert(listen(fd, HTTP_CONNECTIONS) == 0);
    return fd;
}

static int port_of(int fd) {
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    assert(getsockname(fd, (struct sockaddr *)&address, &size) == 0);
    return ntohs(address.sin_port);
}

int http_free_port(void) {
    const int fd = listen_on(0);
    const int port = port_of(fd);
    close(fd);
    return port;
}

/* ---- Requests ---- */

static void drop(http_connection *connection, bool resets) {
    if (resets) {
        const struct linger at_once = {.l_onoff = 1};
        setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    close(connection->fd);
    free(connection->bytes);
    connection->fd = -1;
}

/* Size of the first request that the connection has brought whole; 0 for none. */
static size_t request_size(const http_connection *connection, size_t *ret_head) {
    const char *end = strstr(connection->bytes, "\r\n\r\n");
    if (end == NULL) {
        return 0;
    }
    const char *length = strcasestr(connection->bytes, "\r\nContent-Length: ");
    assert(length != NULL && length < end);
    *ret_head = (size_t)(end - connection->bytes) + 4;
    const size_t size = *ret_head + strtoul(length + 18, NULL, 10);
    return size <= connection->size ? size : 0;
}

static void take_down(http_server *server, const http_connection *connection, size_t head,
                      size_t size) {
    assert(server->count < HTTP_REQUESTS);
    http_received *received = &server->received[server->count++];
    received->connection = connection->number;
    received->head = malloc(size + 2);
    memcpy(received->head, connection->bytes, head);
    received->head[head] = '\0';
    char *body = received->head + head + 1;
    memcpy(body, connection->bytes + head, size - head);
    body[size - head] = '\0';
    received->body = body;
    received->body_size = size - head;
    pthread_cond_broadcast(&server->changed);
}

static void serve(http_server *server, http_connection *connection) {
    size_t head = 0;
    const size_t size = request_size(connection, &head);
    if (size == 0) {
        return;
    }
    pthread_mutex_lock(&server->lock);
    const http_step step = server->count < server->step_count ? server->steps[server->count]
                                                              : (http_step){HTTP_OK, HTTP_KEEP};
    take_down(server, connection, head, size);
    pthread_mutex_unlock(&server->lock);
    connection->size -= size;
    memmove(connection->bytes, connection->bytes + size, connection->size + 1);
    if (step.reply != NULL) {
        send(connection->fd, step.reply, strlen(step.reply), MSG_NOSIGNAL);
    }
    if (step.after != HTTP_KEEP) {
        drop(connection, step.after == HTTP_RESET);
    }
}

static void receive(http_server *server, http_connection *connection) {
    assert(connection->size < HTTP_REQUEST_BYTES);
    const ssize_t got = recv(connection->fd, connection->bytes + connection->size,
                             HTTP_REQUEST_BYTES - connection->size, 0);
    if (got <= 0) {
        drop(connection, false);
        return;
    }
    connection->size += (size_t)got;
    connection->bytes[connection->size] = '\0';
    serve(server, connection);
}

static void accept_one(http_server *server) {
    http_connection *connection = server->connections;
    while (connection->fd >= 0) {
        connection++;
        assert(connection < server->connections + HTTP_CONNECTIONS);
    }
    *connection = (http_connection){.fd = accept(server->listener, NULL, NULL),
                                    .number = ++server->accepted,
                                    .bytes = calloc(1, HTTP_REQUEST_BYTES + 1)};
    assert(connection->fd >= 0 && connection->bytes != NULL);
}

/* ---- The thread ---- */

static void drop_all(http_server *server) {
    for (size_t i = 0; i < HTTP_CONNECTIONS; i++) {
        if (server->connections[i].fd >= 0) {
            drop(&server->connections[i], false);
        }
    }
}

/* What the thread is told to do next: false to end. */
static bool obey(http_server *server) {
    char order;
    assert(read(server->wake[0], &order, 1) == 1);
    drop_all(server);
    return order == 'd';
}

static void order(http_server *server, char what) {
    assert(write(server->wake[1], &what, 1) == 1);
}

static void *run(void *argument) {
    http_server *server = argument;
    for (;;) {
        struct pollfd polled[2 + HTTP_CONNECTIONS] = {{.fd = server->wake[0], .events = POLLIN},
                                                      {.fd = server->listener, .events = POLLIN}};
        for (size_t i = 0; i < HTTP_CONNECTIONS; i++) {
            polled[2 + i] = (struct pollfd){.fd = server->connections[i].fd, .events = POLLIN};
        }
        poll(polled, 2 + HTTP_CONNECTIONS, -1);
        if (polled[0].revents != 0) {
            if (!obey(server)) {
                return NULL;
            }
            continue;
        }
        for (size_t i = 0; i < HTTP_CONNECTIONS; i++) {
            if (polled[2 + i].revents != 0) {
                receive(server, &server->connections[i]);
            }
        }
        if (polled[1].revents != 0) {
            accept_one(server);
        }
    }
}

void http_server_start(http_server *server, int port, const http_step *steps, size_t count) {
    *server = (http_server){.steps = steps, .step_count = count, .listener = listen_on(port)};
    for (size_t i = 0; i < HTTP_CONNECTIONS; i++) {
        server->connections[i].fd = -1;
    }
    server->port = port_of(server->listener);
    snprintf(server->url, sizeof server->url, "http://127.0.0.1:%d/in", server->port);
    assert(pipe(server->wake) == 0);
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->changed, NULL);
    assert(pthread_create(&server->thread, NULL, run, server) == 0);
}

void http_server_stop(http_server *server) {
    order(server, 'e');
    pthread_join(server->thread, NULL);
    for (size_t i = 0; i < server->count; i++) {
        free(server->received[i].head);
    }
    close(server->listener);
    close(server->wake[0]);
    close(server->wake[1]);
    pthread_mutex_destroy(&server->lock);
    pthread_cond_destroy(&server->changed);
}

void http_server_hang_up(http_server *server) {
    order(server, 'd');
}

void http_server_wait(http_server *server, size_t count) {
    pthread_mutex_lock(&server->lock);
    while (server->count < count) {
        pthread_cond_wait(&server->changed, &server->lock);
    }
    pthread_mutex_unlock(&server->lock);
}

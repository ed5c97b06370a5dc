/* An HTTP server that does what a script says, one step a request, and takes down what it was sent.
 * Behind the end of the script it answers 200. */
#ifndef CTRACE_TESTS_HTTP_SERVER_H
#define CTRACE_TESTS_HTTP_SERVER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

enum { HTTP_CONNECTIONS = 16, HTTP_REQUESTS = 4096, HTTP_REQUEST_BYTES = 256 * 1024 };

#define HTTP_OK "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

typedef enum http_after { HTTP_KEEP, HTTP_CLOSE, HTTP_RESET } http_after;

typedef struct http_step {
    const char *reply; /* NULL: none */
    http_after after;  /* with the connection; KEEP without a reply is a stall */
} http_step;

typedef struct http_connection {
    int fd; /* -1: free */
    unsigned number;
    size_t size;
    char *bytes;
} http_connection;

typedef struct http_received {
    unsigned connection; /* from 1 */
    size_t body_size;
    const char *body; /* NUL-terminated */
    char *head;       /* NUL-terminated */
} http_received;

typedef struct http_server {
    int port;
    int listener;
    int wake[2];
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    const http_step *steps;
    size_t step_count;
    unsigned accepted;
    size_t count;
    http_received received[HTTP_REQUESTS];
    http_connection connections[HTTP_CONNECTIONS];
    char url[64];
} http_server;

/* port  0 for any. */
void http_server_start(http_server *server, int port, const http_step *steps, size_t count);
void http_server_stop(http_server *server);

/* Closes all connections that there are now. */
void http_server_hang_up(http_server *server);

/* Waits until that many requests have come. */
void http_server_wait(http_server *server, size_t count);

/* A port that nobody listens on, for now. */
int http_free_port(void);

#endif

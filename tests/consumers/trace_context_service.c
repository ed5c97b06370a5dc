/* The service that the W3C's own harness for Trace Context drives (github.com/w3c/trace-context,
 * test/README.md): `trace_context_service PORT` listens on 127.0.0.1, on any path, and prints its
 * port when it is ready; 0 is a free one. It is asked
 *
 *     POST /any
 *     [{"url": "http://…", "arguments": […]}, …]
 *
 * and POSTs each "arguments" to its "url", as a child of what it was asked in, before it answers
 * with 200. Another body is answered with 400. CTRACE_LOG and its like say what it tells. */
#define TRACE_TARGET "service"
#include "ctrace/context.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_FIELDS = 100, MOST_LINE = 16384, MOST_BODY = 1 << 20, MOST_DEPTH = 100 };

/* ---- Requests ---- */

typedef struct request {
    size_t count;
    char *names[MOST_FIELDS], *values[MOST_FIELDS]; /* owned */
    char *body;                                     /* owned */
} request;

static const char *get(void *asked, const char *name, size_t i) {
    const request *from = asked;
    for (size_t at = 0; at < from->count; at++) {
        if (strcasecmp(from->names[at], name) == 0 && i-- == 0) {
            return from->values[at];
        }
    }
    return NULL;
}

/* Without its end. */
static bool read_line(FILE *from, char line[MOST_LINE]) {
    if (fgets(line, MOST_LINE, from) == NULL || strchr(line, '\n') == NULL) {
        return false;
    }
    line[strcspn(line, "\r\n")] = '\0';
    return true;
}

static bool add_field(request *to, char *line) {
    char *colon = strchr(line, ':');
    if (colon == NULL || to->count == MOST_FIELDS) {
        return false;
    }
    *colon = '\0';
    char *value = colon + 1 + strspn(colon + 1, " \t");
    size_t size = strlen(value);
    while (size > 0 && (value[size - 1] == ' ' || value[size - 1] == '\t')) {
        value[--size] = '\0';
    }
    to->names[to->count] = strdup(line);
    to->values[to->count] = strdup(value);
    to->count++;
    return to->names[to->count - 1] != NULL && to->values[to->count - 1] != NULL;
}

static bool read_body(FILE *from, request *to) {
    const char *length = get(to, "content-length", 0);
    const unsigned long size = length == NULL ? 0 : strtoul(length, NULL, 10);
    to->body = size > MOST_BODY ? NULL : calloc(1, size + 1);
    return to->body != NULL && fread(to->body, 1, size, from) == size;
}

static bool read_request(FILE *from, request *ret_request) {
    char line[MOST_LINE];
    if (!read_line(from, line) || strncmp(line, "POST ", 5) != 0) {
        return false;
    }
    while (read_line(from, line)) {
        if (*line == '\0') {
            return read_body(from, ret_request);
        }
        if (!add_field(ret_request, line)) {
            return false;
        }
    }
    return false;
}

static void release(request *done) {
    for (size_t i = 0; i < done->count; i++) {
        free(done->names[i]);
        free(done->values[i]);
    }
    free(done->body);
}

/* ---- JSON, of which most is passed on as it is. What follows a value, or NULL. ---- */

static const char *skip_blanks(const char *at) {
    return at + strspn(at, " \t\r\n");
}

static const char *skip_string(const char *at) {
    if (*at != '"') {
        return NULL;
    }
    for (at++; *at != '"'; at++) {
        if (*at == '\0' || (*at == '\\' && *++at == '\0')) {
            return NULL;
        }
    }
    return at + 1;
}

static const char *skip_value(const char *at, int depth);

/* From the bracket that opens to behind the one that closes. */
static const char *skip_many(const char *at, char close, int depth) {
    at = skip_blanks(at + 1);
    while (*at != close) {
        if (close == '}') {
            at = skip_string(at);
            at = at == NULL ? NULL : skip_blanks(at);
            if (at == NULL || *at++ != ':') {
                return NULL;
            }
        }
        at = skip_value(skip_blanks(at), depth + 1);
        at = at == NULL ? NULL : skip_blanks(at);
        if (at == NULL || (*at != ',' && *at != close)) {
            return NULL;
        }
        at = *at == ',' ? skip_blanks(at + 1) : at;
    }
    return at + 1;
}

static const char *skip_value(const char *at, int depth) {
    if (depth > MOST_DEPTH) {
        return NULL;
    }
    switch (*at) {
    case '"':
        return skip_string(at);
    case '[':
        return skip_many(at, ']', depth);
    case '{':
        return skip_many(at, '}', depth);
    default: {
        const size_t size = strspn(at, "+-.0123456789aeflnrstuE");
        return size == 0 ? NULL : at + size;
    }
    }
}

/* ---- Calls ---- */

typedef struct call {
    char url[2048];
    const char *arguments; /* JSON */
    size_t size;
} call;

/* "http:\/\/…" too; other escapes do not come in addresses. */
static bool copy_string(const char *from, const char *end, char *to, size_t room) {
    size_t size = 0;
    for (from++; from < end - 1; from++) {
        from += *from == '\\';
        if (size + 1 == room) {
            return false;
        }
        to[size++] = *from;
    }
    to[size] = '\0';
    return true;
}

/* From an object's first key. */
static const char *read_members(const char *at, call *ret_call) {
    while (*at == '"') {
        const char *key = at;
        const char *value = skip_string(at);
        value = value == NULL ? NULL : skip_blanks(value);
        if (value == NULL || *value != ':') {
            return NULL;
        }
        value = skip_blanks(value + 1);
        const char *end = skip_value(value, 0);
        if (end == NULL) {
            return NULL;
        }
        if (strncmp(key, "\"url\"", 5) == 0 && *value == '"' &&
            !copy_string(value, end, ret_call->url, sizeof ret_call->url)) {
            return NULL;
        }
        if (strncmp(key, "\"arguments\"", 11) == 0) {
            ret_call->arguments = value;
            ret_call->size = (size_t)(end - value);
        }
        at = skip_blanks(end);
        at = *at == ',' ? skip_blanks(at + 1) : at;
    }
    return *at == '}' ? at + 1 : NULL;
}

static void put_header(void *to, const char *name, const char *value) {
    fprintf(to, "%s: %s\r\n", name, value);
}

static FILE *connect_to(const char *host, const char *port) {
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    if (getaddrinfo(host, port, &hints, &found) != 0) {
        return NULL;
    }
    const int fd = socket(found->ai_family, found->ai_socktype, 0);
    const bool connected = fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) == 0;
    freeaddrinfo(found);
    FILE *stream = connected ? fdopen(fd, "r+") : NULL;
    if (stream == NULL && fd >= 0) {
        close(fd);
    }
    return stream;
}

/* Waits for the answer: what it calls may call on. */
static int post(FILE *to, const char *host, const char *path, const call *made) {
    char line[MOST_LINE];
    int status = 0;
    fprintf(to, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n", path, host);
    ctrace_inject(put_header, to);
    fprintf(to, "Content-Length: %zu\r\nConnection: close\r\n\r\n", made->size);
    fwrite(made->arguments, 1, made->size, to);
    fflush(to);
    if (!read_line(to, line) || sscanf(line, "HTTP/1.%*1[01] %3d", &status) != 1) {
        return 0;
    }
    return status;
}

static void carry_out(const call *made) {
    TRACE_SPAN_AS(span, "call", ("otel.kind", "client"), ("url.full", made->url),
                  ("http.response.status_code", TRACE_EMPTY));
    char host[256];
    char port[6];
    int size = 0;
    if (sscanf(made->url, "http://%255[^:/]:%5[0-9]%n", host, port, &size) != 2 || size == 0) {
        TRACE_ERROR("expected http://HOST:PORT/PATH");
        return;
    }
    FILE *to = connect_to(host, port);
    if (to == NULL) {
        TRACE_ERROR("cannot connect");
        return;
    }
    const char *path = made->url + size;
    const int status = post(to, host, *path == '\0' ? "/" : path, made);
    TRACE_RECORD(span, ("http.response.status_code", status));
    TRACE_INFO("called");
    fclose(to);
}

/* Reads one more of the body's calls; what follows it, or NULL. */
static const char *read_call(const char *at, call *ret_call) {
    *ret_call = (call){.arguments = "[]", .size = 2};
    at = *at == '{' ? read_members(skip_blanks(at + 1), ret_call) : NULL;
    return at == NULL ? NULL : skip_blanks(at);
}

/* Carries out each call. False when the body is no list of them. */
static bool carry_out_all(const char *body) {
    const char *at = skip_blanks(body);
    if (*at++ != '[') {
        return false;
    }
    call made;
    for (at = skip_blanks(at); *at != ']'; at = *at == ',' ? skip_blanks(at + 1) : at) {
        at = read_call(at, &made);
        if (at == NULL || (*at != ',' && *at != ']')) {
            return false;
        }
        carry_out(&made);
    }
    return true;
}

/* ---- The service ---- */

static void answer(FILE *client, const char *status) {
    fprintf(client, "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: 2\r\n",
            status);
    fprintf(client, "Connection: close\r\n\r\n{}");
    fflush(client);
}

static void serve(FILE *client, request *asked) {
    ctrace_remote remote = {.tracestate = ""};
    const bool known = ctrace_extract(get, asked, &remote);
    ctrace_span *span =
        TRACE_SPAN_REMOTE(known ? &remote : NULL, "request", ("otel.kind", "server"));
    TRACE_IN(span) {
        TRACE_INFO("asked", ("continues", TRACE_BOOL(known)), ("tracestate", remote.tracestate));
        answer(client, carry_out_all(asked->body) ? "200 OK" : "400 Bad Request");
    }
    ctrace_span_unref(span);
}

static void *serve_connection(void *stream) {
    FILE *client = stream;
    request asked = {0};
    if (read_request(client, &asked)) {
        serve(client, &asked);
    } else {
        answer(client, "400 Bad Request");
    }
    release(&asked);
    fclose(client);
    return NULL;
}

static void accept_one(int listener) {
    pthread_t thread;
    const int fd = accept(listener, NULL, NULL);
    FILE *client = fd < 0 ? NULL : fdopen(fd, "r+");
    if (client == NULL) {
        close(fd);
    } else if (pthread_create(&thread, NULL, serve_connection, client) != 0) {
        fclose(client);
    } else {
        pthread_detach(thread);
    }
}

static int listen_on(unsigned long port) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    const int yes = 1;
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, SOMAXCONN) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
        perror("trace_context_service");
        return -1;
    }
    printf("%u\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

int main(int count, char **arguments) {
    char *end = NULL;
    const unsigned long port = count == 2 ? strtoul(arguments[1], &end, 10) : 0;
    if (end == NULL || end == arguments[1] || *end != '\0' || port > 65535) {
        fprintf(stderr, "usage: trace_context_service PORT\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    ctrace_init();
    const int listener = listen_on(port);
    while (listener >= 0) {
        accept_one(listener);
    }
    return 1;
}

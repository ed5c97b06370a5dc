/* 10,000 requests through three of examples/httpd, front -> middle -> files, 100 at a time: every
 * event of a request is in the tree of that request, by the ids that the client sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>

#include "httpd_server.h"

enum { REQUESTS = 10000, IN_FLIGHT = 100, PROCESSES = 3 };

static const char *const names[PROCESSES] = {"front", "middle", "files"};
static const char text[] = "what the file has\n";
static char root[256];
static char traces[PROCESSES][512];

/* ---- The client: connections that each ask for the next one when they have their answer ---- */

typedef struct client {
    int fd;
    unsigned id;
    size_t size;
    char answer[2048];
} client;

static unsigned next_id;
static unsigned answered;

/* The trace's id and the parent's have the request's number in them. */
static void ask(client *self) {
    char request[512];
    self->id = next_id++;
    self->size = 0;
    snprintf(request, sizeof request,
             "GET /index.html?id=%u HTTP/1.1\r\nHost: x\r\n"
             "traceparent: 00-%08xfeedfacecafef00d%08x-%016x-01\r\n\r\n",
             self->id, self->id, self->id, self->id + 1);
    httpd_send(self->fd, request);
}

static bool is_whole(const client *self) {
    const char *body = strstr(self->answer, "\r\n\r\n");
    return body != NULL && strlen(body + 4) == sizeof text - 1;
}

static void take(client *self) {
    const size_t room = sizeof self->answer - 1 - self->size;
    const ssize_t got = recv(self->fd, self->answer + self->size, room, 0);
    assert_true(got > 0);
    self->size += (size_t)got;
    self->answer[self->size] = '\0';
    if (is_whole(self)) {
        assert_int_equal(httpd_status(self->answer), 200);
        assert_string_equal(self->answer + self->size - (sizeof text - 1), text);
        answered++;
        if (next_id < REQUESTS) {
            ask(self);
        }
    }
}

static void ask_all(unsigned port) {
    static client clients[IN_FLIGHT];
    struct pollfd fds[IN_FLIGHT];
    for (int i = 0; i < IN_FLIGHT; i++) {
        clients[i].fd = httpd_connect(port);
        fds[i] = (struct pollfd){.fd = clients[i].fd, .events = POLLIN};
        ask(&clients[i]);
    }
    while (answered < REQUESTS) {
        assert_true(poll(fds, IN_FLIGHT, 30000) > 0);
        for (int i = 0; i < IN_FLIGHT; i++) {
            if (fds[i].revents != 0) {
                take(&clients[i]);
            }
        }
    }
    for (int i = 0; i < IN_FLIGHT; i++) {
        close(clients[i].fd);
    }
}

/* ---- What the servers told ---- */

static const char *const messages[] = {"parsed", "upstream", "file", "answered", "sent", "served"};
enum { MESSAGES = sizeof messages / sizeof messages[0] };

/* How often each process told each message of each request. */
static unsigned char told[PROCESSES][REQUESTS][MESSAGES];

/* The ids of each request's span `upstream`, and of the parent of its span `request`. */
static uint64_t calls[PROCESSES][REQUESTS], parents[PROCESSES][REQUESTS];

/* The first one behind that name. */
static uint64_t span_id(const char *line, const char *name) {
    const char *found = strstr(line, name);
    return found == NULL ? 0 : strtoull(found + strlen(name), NULL, 16);
}

static bool has_message(const char *line, const char *message) {
    char member[64];
    snprintf(member, sizeof member, "\"msg\":\"%s\"", message);
    return strstr(line, member) != NULL;
}

/* An event of a request: its span says which, its trace must be that one's. */
static void check_event(int process, const char *line, const char *query) {
    char trace_id[64];
    const unsigned long id = strtoul(query, NULL, 10);
    assert_true(id < REQUESTS);
    snprintf(trace_id, sizeof trace_id, "\"trace_id\":\"%08lxfeedfacecafef00d%08lx\"", id, id);
    if (strstr(line, trace_id) == NULL ||
        strstr(line, "\"spans\":[{\"name\":\"request\"") == NULL) {
        fail_msg("%s: in the wrong tree: %s", names[process], line);
    }
    for (int i = 0; i < MESSAGES; i++) {
        told[process][id][i] += has_message(line, messages[i]);
    }
    if (has_message(line, "answered")) {
        calls[process][id] = span_id(line, "\"span_id\":\"");
    } else if (has_message(line, "served")) {
        assert_non_null(strstr(line, "\"http.response.status_code\":200"));
        parents[process][id] = span_id(line, "\"parent_ids\":[\"");
    }
}

static void check_file(int process) {
    static char line[16384];
    FILE *file = fopen(traces[process], "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        const char *query = strstr(line, "\"url.query\":\"id=");
        if (query != NULL) {
            check_event(process, line, query + strlen("\"url.query\":\"id="));
        } else if (strstr(line, "\"request\"") != NULL || strstr(line, "feedface") != NULL) {
            fail_msg("%s: of no request: %s", names[process], line);
        }
    }
    fclose(file);
}

static void check_all_were_told(void) {
    static const unsigned char expected[PROCESSES][MESSAGES] = {
        {1, 1, 0, 1, 1, 1}, {1, 1, 0, 1, 1, 1}, {1, 0, 1, 0, 1, 1}};
    for (int process = 0; process < PROCESSES; process++) {
        for (int id = 0; id < REQUESTS; id++) {
            assert_memory_equal(told[process][id], expected[process], MESSAGES);
        }
    }
}

/* The client's id, then each process's call is the parent of the next one's request. */
static void check_parents(void) {
    for (unsigned id = 0; id < REQUESTS; id++) {
        assert_int_equal(parents[0][id], id + 1);
        for (int process = 1; process < PROCESSES; process++) {
            assert_int_not_equal(parents[process][id], 0);
            assert_int_equal(parents[process][id], calls[process - 1][id]);
        }
    }
}

static void every_event_is_in_its_requests_tree(void **state) {
    (void)state;
    char upstream[32];
    httpd servers[PROCESSES];
    servers[2] = httpd_start("--root", root, "30", "debug", traces[2]);
    for (int i = 1; i >= 0; i--) {
        snprintf(upstream, sizeof upstream, "127.0.0.1:%u", servers[i + 1].port);
        servers[i] = httpd_start("--upstream", upstream, "30", "debug", traces[i]);
    }
    ask_all(servers[0].port);
    for (int i = 0; i < PROCESSES; i++) {
        httpd_stop(&servers[i]);
        check_file(i);
    }
    check_all_were_told();
    check_parents();
}

static int prepare(void **state) {
    (void)state;
    httpd_make_root(root, sizeof root, text);
    for (int i = 0; i < PROCESSES; i++) {
        snprintf(traces[i], sizeof traces[i], "%s/%s.json", root, names[i]);
    }
    return 0;
}

static int clean(void **state) {
    (void)state;
    char path[512];
    for (int i = 0; i < PROCESSES; i++) {
        unlink(traces[i]);
    }
    snprintf(path, sizeof path, "%s/index.html", root);
    unlink(path);
    return rmdir(root);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_is_in_its_requests_tree),
    };
    if (!httpd_is_here()) {
        puts("skipped: examples/httpd is not built here");
        return 0;
    }
    return cmocka_run_group_tests(tests, prepare, clean);
}

/* examples/httpd meets what servers meet: hostile clients, slow ones, upstreams of every kind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "httpd_server.h"

#define HOST      "Host: x\r\n"
#define CLOSE     "Connection: close\r\n"
#define GET(path) "GET " path " HTTP/1.1\r\n" HOST CLOSE "\r\n"

static char root[256];
static char trace[512];

static char answer[1 << 20];

static const char *ask(unsigned port, const char *request) {
    const int fd = httpd_connect(port);
    httpd_send(fd, request);
    httpd_receive(fd, answer, sizeof answer);
    return answer;
}

static size_t count(const char *text, const char *what) {
    size_t found = 0;
    for (; (text = strstr(text, what)) != NULL; text++) {
        found++;
    }
    return found;
}

static httpd start_files(void) {
    return httpd_start("--root", root, "1", "debug", trace);
}

/* ---- Files ---- */

static const struct {
    const char *request;
    int status; /* 0: closed without an answer */
} exchanges[] = {
    {GET("/"), 200},
    {GET("/index.html?x=1"), 200},
    {GET("http://elsewhere/index.html"), 200},
    {"\r\n\r\n" GET("/"), 200},
    {"GET / HTTP/1.1\nHost: x\nConnection: close\n\n", 200},
    {"GET / HTTP/1.0\r\n\r\n", 200},
    {"HEAD / HTTP/1.1\r\n" HOST CLOSE "\r\n", 200},
    {"GET / HTTP/1.7\r\n" HOST CLOSE "\r\n", 200},
    {GET("/..%2f..%2fetc/passwd"), 403},
    {GET("/a/../../b"), 403},
    {GET("/../"), 403},
    {GET("/.."), 403},
    {GET("/%2e%2e"), 403},
    {GET("/outside/passwd"), 403},
    {GET("/fifo"), 403},
    {GET("/..."), 404},
    {GET("/nothing"), 404},
    {GET("/empty/"), 404},
    {GET("/index.html/"), 404},
    {GET("/%00"), 400},
    {GET("/%"), 400},
    {GET("/%4"), 400},
    {GET("/%x0"), 400},
    {GET("index.html"), 400},
    {GET("*"), 400},
    {GET("/a b"), 400},
    {GET("/\x80"), 400},
    {"GET / HTTP/1.1\r\n" CLOSE "\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST HOST "\r\n", 400},
    {"GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST " folded: x\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST "no colon\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST "a: \x01\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST "a: b\rc: d\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST ": x\r\n\r\n", 400},
    {"GET /\r\n\r\n", 400},
    {"GET  / HTTP/1.1\r\n" HOST "\r\n", 400},
    {"G(T / HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET / HTTP/1.11\r\n" HOST "\r\n", 400},
    {"GET / http/1.1\r\n" HOST "\r\n", 400},
    {"GET / HTTP/2.0\r\n" HOST "\r\n", 505},
    {"\r\n\r\n\r\n\r\n\r\n\r\n", 400},
    {"OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 501},
    {"CONNECT x:1 HTTP/1.1\r\n" HOST "\r\n", 501},
    {"BREW / HTTP/1.1\r\n" HOST CLOSE "\r\n", 405},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc", 405},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip\r\n\r\n", 501},
    {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" HOST "Expect: 200-ok\r\nContent-Length: 1\r\n\r\n", 417},
    {"GET", 408},
    {"GET / HTTP/1.1\r\nHost:", 408},
    {"", 0},
};

static void requests_are_answered(unsigned port) {
    for (size_t i = 0; i < sizeof exchanges / sizeof exchanges[0]; i++) {
        const int status = httpd_status(ask(port, exchanges[i].request));
        if (status != exchanges[i].status) {
            fail_msg("%s: %d expected, %d found", exchanges[i].request, exchanges[i].status,
                     status);
        }
    }
}

static void files_are_served_and_the_rest_is_refused(void **state) {
    (void)state;
    const httpd files = start_files();
    requests_are_answered(files.port);
    httpd_stop(&files);
}

static void repeat(char *text, size_t room, const char *begin, const char *piece, size_t times) {
    size_t used = (size_t)snprintf(text, room, "%s", begin);
    for (size_t i = 0; i < times; i++) {
        used += (size_t)snprintf(text + used, room - used, "%s", piece);
    }
    snprintf(text + used, room - used, "\r\n");
}

static void heads_have_bounds(void **state) {
    (void)state;
    static char request[100000];
    const httpd files = start_files();
    const char *begin = "GET / HTTP/1.1\r\n" HOST CLOSE;
    repeat(request, sizeof request, begin, "a: b\r\n", 98);
    assert_int_equal(httpd_status(ask(files.port, request)), 200);
    repeat(request, sizeof request, begin, "a: b\r\n", 99);
    assert_int_equal(httpd_status(ask(files.port, request)), 431);
    repeat(request, sizeof request, begin, "a: 0123456789012345678901234567890123456789\r\n", 1000);
    assert_int_equal(httpd_status(ask(files.port, request)), 431);
    repeat(request, sizeof request, "GET /", "0123456789", 5000);
    assert_int_equal(httpd_status(ask(files.port, request)), 431);
    httpd_stop(&files);
}

static void requests_follow_each_other(void **state) {
    (void)state;
    const httpd files = start_files();
    const char *one = "GET / HTTP/1.1\r\n" HOST "\r\n";
    char three[512];
    snprintf(three, sizeof three, "%s%s%s", one, one, GET("/nothing"));
    ask(files.port, three);
    assert_int_equal(count(answer, "HTTP/1.1 200 OK"), 2);
    assert_int_equal(count(answer, "HTTP/1.1 404 Not Found"), 1);
    const int fd = httpd_connect(files.port);
    for (const char *at = GET("/"); *at != '\0'; at++) {
        httpd_send(fd, (char[]){*at, '\0'});
    }
    httpd_receive(fd, answer, sizeof answer);
    assert_int_equal(httpd_status(answer), 200);
    httpd_stop(&files);
}

static uint64_t next_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* A request with some bytes changed, more often than not still a request. */
static void damage(char *text, uint64_t *random) {
    const size_t size = strlen(text);
    for (uint64_t changes = next_random(random) % 8; changes > 0; changes--) {
        text[next_random(random) % size] = (char)(1 + next_random(random) % 255);
    }
}

static void damaged_requests_hurt_nobody(void **state) {
    (void)state;
    char upstream[32];
    uint64_t random = 88172645463325252u;
    const httpd files = start_files();
    snprintf(upstream, sizeof upstream, "127.0.0.1:%u", files.port);
    const httpd front = httpd_start("--upstream", upstream, "1", "debug", trace);
    for (int i = 0; i < 1000; i++) {
        char request[] = "POST /index.html HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n"
                         "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"
                         "tracestate: a=1\r\nbaggage: b=2\r\n\r\n3\r\nabc\r\n0\r\n\r\n" GET("/");
        damage(request, &random);
        const int fd = httpd_connect(front.port);
        httpd_send(fd, request);
        shutdown(fd, SHUT_WR);
        httpd_receive(fd, answer, sizeof answer);
    }
    assert_int_equal(httpd_status(ask(front.port, GET("/"))), 200);
    httpd_stop(&front);
    httpd_stop(&files);
}

/* ---- The proxy, and upstreams that the test plays ---- */

typedef struct chain {
    int listener;
    httpd front;
} chain;

static chain play_upstream(void) {
    chain begun = {.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    char upstream[32];
    httpd_address(0, &address);
    assert_int_equal(bind(begun.listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(begun.listener, 16), 0);
    assert_int_equal(getsockname(begun.listener, (struct sockaddr *)&address, &size), 0);
    snprintf(upstream, sizeof upstream, "127.0.0.1:%u", ntohs(address.sin_port));
    begun.front = httpd_start("--upstream", upstream, "1", "debug", trace);
    return begun;
}

static void end_chain(const chain *begun) {
    httpd_stop(&begun->front);
    close(begun->listener);
}

static char asked[65536];

/* Accepts, and reads until what was asked contains the text. */
static int expect(const chain *begun, const char *until) {
    size_t size = 0;
    ssize_t got;
    const int fd = accept(begun->listener, NULL, NULL);
    asked[0] = '\0';
    while (strstr(asked, until) == NULL &&
           (got = recv(fd, asked + size, sizeof asked - 1 - size, 0)) > 0) {
        size += (size_t)got;
        asked[size] = '\0';
    }
    return fd;
}

/* What the client gets when the upstream says this and closes. */
static const char *proxied(const chain *begun, const char *request, const char *reply) {
    const int client = httpd_connect(begun->front.port);
    httpd_send(client, request);
    const int upstream = expect(begun, "\r\n\r\n");
    httpd_send(upstream, reply);
    close(upstream);
    httpd_receive(client, answer, sizeof answer);
    return answer;
}

static void context_goes_upstream(void **state) {
    (void)state;
    const chain begun = play_upstream();
    proxied(&begun,
            "GET /x?y HTTP/1.1\r\nHost: example\r\nX-Own: 1\r\nConnection: close, x-hop\r\n"
            "X-Hop: 2\r\nTE: gzip\r\n"
            "TraceParent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"
            "TraceState: a=1\r\ntracestate: b=2\r\nBaggage: user=ada\r\n\r\n",
            "HTTP/1.1 200 Fine\r\nContent-Length: 2\r\n\r\nok");
    assert_non_null(strstr(answer, "HTTP/1.1 200 Fine\r\n"));
    assert_non_null(strstr(answer, "\r\n\r\nok"));
    assert_non_null(strstr(asked, "GET /x?y HTTP/1.1\r\nHost: example\r\nX-Own: 1\r\n"));
    assert_int_equal(count(asked, "\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-"), 1);
    assert_null(strstr(asked, "b7ad6b7169203331"));
    assert_int_equal(count(asked, "\r\ntracestate: a=1,b=2\r\n"), 1);
    assert_int_equal(count(asked, "\r\nbaggage: user=ada\r\n"), 1);
    assert_null(strstr(asked, "X-Hop"));
    assert_null(strstr(asked, "TraceParent"));
    assert_null(strstr(asked, "gzip"));
    proxied(&begun, GET("/"), "HTTP/1.1 204 No Content\r\n\r\n");
    assert_int_equal(count(asked, "\r\ntraceparent: 00-"), 1);
    assert_null(strstr(asked, "0af7651916cd43dd8448eb211c80319c"));
    assert_null(strstr(asked, "baggage"));
    end_chain(&begun);
}

static void answers_come_back_however_they_end(void **state) {
    (void)state;
    static const struct {
        const char *request, *reply, *end;
    } replies[] = {
        {GET("/"), "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef", "\r\n\r\nabc"},
        {GET("/"), "HTTP/1.1 200 OK\r\n\r\nabc", "\r\n\r\n3\r\nabc\r\n0\r\n\r\n"},
        {"GET / HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\nabc", "\r\n\r\nabc"},
        {GET("/"),
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n00\r\nt: x\r\n\r\n",
         "\r\n\r\n3\r\nabc\r\n0\r\n\r\n"},
        {GET("/"), "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 None\r\n\r\n", "\r\n\r\n"},
        {"HEAD / HTTP/1.1\r\n" HOST CLOSE "\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n",
         "Content-Length: 3\r\n\r\n"},
    };
    const chain begun = play_upstream();
    for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
        proxied(&begun, replies[i].request, replies[i].reply);
        const size_t size = strlen(replies[i].end);
        assert_true(strlen(answer) > size);
        assert_string_equal(answer + strlen(answer) - size, replies[i].end);
    }
    end_chain(&begun);
}

static void bodies_go_upstream(void **state) {
    (void)state;
    const chain begun = play_upstream();
    int client = httpd_connect(begun.front.port);
    httpd_send(client, "PUT /a HTTP/1.1\r\n" HOST CLOSE "Content-Length: 5\r\n\r\nhello");
    int upstream = expect(&begun, "\r\n\r\nhello");
    assert_int_equal(count(asked, "\r\nContent-Length: 5\r\n"), 1);
    httpd_send(upstream, "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
    httpd_receive(client, answer, sizeof answer);
    assert_int_equal(httpd_status(answer), 201);
    close(upstream);

    client = httpd_connect(begun.front.port);
    httpd_send(client, "PUT /a HTTP/1.1\r\n" HOST CLOSE "Expect: 100-continue\r\n"
                       "Transfer-Encoding: chunked\r\n\r\n");
    assert_true(recv(client, answer, 25, MSG_WAITALL) == 25);
    assert_memory_equal(answer, "HTTP/1.1 100 Continue\r\n\r\n", 25);
    httpd_send(client, "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n");
    upstream = expect(&begun, "\r\n0\r\n\r\n");
    assert_int_equal(count(asked, "\r\nTransfer-Encoding: chunked\r\n"), 1);
    assert_null(strstr(asked, "Expect"));
    httpd_send(upstream, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    httpd_receive(client, answer, sizeof answer);
    assert_int_equal(httpd_status(answer), 200);
    close(upstream);
    end_chain(&begun);
}

static void bad_upstreams_are_told(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",
        "\r\n",
        "garbage\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 099 Low\r\n\r\n",
        "HTTP/1.1 101 Switching\r\n\r\n",
        "HTTP/2.0 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n",
        "HTTP/1.1 200 OK\r\nbad field\r\n\r\n",
        "HTTP/1.1 100 A\r\n\r\nHTTP/1.1 100 B\r\n\r\n",
    };
    const chain begun = play_upstream();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(httpd_status(proxied(&begun, GET("/"), bad[i])), 502);
    }
    const int client = httpd_connect(begun.front.port);
    httpd_send(client, GET("/"));
    const int silent = expect(&begun, "\r\n\r\n");
    httpd_receive(client, answer, sizeof answer);
    assert_int_equal(httpd_status(answer), 504);
    close(silent);
    proxied(&begun, GET("/"), "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this");
    assert_string_equal(strstr(answer, "\r\n\r\n"), "\r\n\r\nonly this");
    close(begun.listener);
    assert_int_equal(httpd_status(ask(begun.front.port, GET("/"))), 502);
    httpd_stop(&begun.front);
}

/* An upstream may close a connection that is kept, without our knowing. */
static void kept_connections_are_used_again(void **state) {
    (void)state;
    const char *reply = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    const chain begun = play_upstream();
    const int client = httpd_connect(begun.front.port);
    httpd_send(client, "GET /1 HTTP/1.1\r\n" HOST "\r\n");
    const int first = expect(&begun, "\r\n\r\n");
    httpd_send(first, reply);
    assert_true(recv(client, answer, sizeof answer, 0) > 0);
    httpd_send(client, "GET /2 HTTP/1.1\r\n" HOST "\r\n");
    assert_true(recv(first, asked, sizeof asked, 0) > 0); /* on the same one */
    httpd_send(first, reply);
    assert_true(recv(client, answer, sizeof answer, 0) > 0);
    close(first);
    httpd_send(client, GET("/3"));
    const int second = expect(&begun, "\r\n\r\n");
    assert_memory_equal(asked, "GET /3 ", 7);
    httpd_send(second, reply);
    httpd_receive(client, answer, sizeof answer);
    assert_int_equal(httpd_status(answer), 200);
    close(second);
    end_chain(&begun);
}

/* ---- Leaving ---- */

static void it_leaves_whoever_is_connected(void **state) {
    (void)state;
    const chain begun = play_upstream();
    const int idle = httpd_connect(begun.front.port);
    const int busy = httpd_connect(begun.front.port);
    httpd_send(busy, GET("/"));
    const int upstream = expect(&begun, "\r\n\r\n");
    kill(begun.front.pid, SIGTERM);
    httpd_receive(idle, answer, sizeof answer);
    assert_string_equal(answer, "");
    httpd_send(upstream, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    httpd_receive(busy, answer, sizeof answer);
    assert_int_equal(httpd_status(answer), 200);
    close(upstream);
    end_chain(&begun);
}

static int prepare(void **state) {
    (void)state;
    char command[1024];
    httpd_make_root(root, sizeof root, "hello\n");
    snprintf(trace, sizeof trace, "%s/trace.json", root);
    snprintf(command, sizeof command, "cd '%s' && mkdir empty && mkfifo fifo && ln -s /etc outside",
             root);
    return system(command);
}

static int clean(void **state) {
    (void)state;
    char command[512];
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    return system(command);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_served_and_the_rest_is_refused),
        cmocka_unit_test(heads_have_bounds),
        cmocka_unit_test(requests_follow_each_other),
        cmocka_unit_test(damaged_requests_hurt_nobody),
        cmocka_unit_test(context_goes_upstream),
        cmocka_unit_test(answers_come_back_however_they_end),
        cmocka_unit_test(bodies_go_upstream),
        cmocka_unit_test(bad_upstreams_are_told),
        cmocka_unit_test(kept_connections_are_used_again),
        cmocka_unit_test(it_leaves_whoever_is_connected),
    };
    if (!httpd_is_here()) {
        puts("skipped: examples/httpd is not built here");
        return 0;
    }
    return cmocka_run_group_tests(tests, prepare, clean);
}

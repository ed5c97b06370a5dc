/* The HTTP writer against a server that follows a script: what arrives, how often, and what is
 * counted. Pauses before retries are taken down and not waited for. */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/http_server.h"
#include "support/probe.h"
#include "support/sanitized.h"
#include "write/http_queue.h"

#define REPLY(status, more) "HTTP/1.1 " status "\r\n" more "Content-Length: 0\r\n\r\n"

static const uint64_t S = UINT64_C(1000000000);

static uint64_t pauses[64];
static size_t pause_count;
static http_server *start_at_pause; /* the server comes up at the third */

static uint64_t note_pause(uint64_t delay_ns) {
    pauses[pause_count++ % 64] = delay_ns;
    if (pause_count == 3 && start_at_pause != NULL) {
        http_server_start(start_at_pause, start_at_pause->port, NULL, 0);
    }
    return 0;
}

/* What messages were answered. */
static int answers[64];
static size_t answer_count;
static char answer_body[64];

static void note_answer(void *arg, int status, const char *body, size_t size) {
    assert_ptr_equal(arg, answers);
    snprintf(answer_body, sizeof answer_body, "%.*s", (int)size, body);
    answers[answer_count++ % 64] = status;
}

static http_server server;
static ctrace_stats before;

static int begin(void **state) {
    (void)state;
    pause_count = answer_count = 0;
    start_at_pause = NULL;
    answer_body[0] = '\0';
    before = stats_now();
    return 0;
}

/* Counted since the test began. */
static void assert_lost(uint64_t writes, uint64_t bytes, uint64_t spans, uint64_t events) {
    const ctrace_stats now = stats_now();
    assert_int_equal(now.write_errors - before.write_errors, writes);
    assert_int_equal(now.bytes_lost - before.bytes_lost, bytes);
    assert_int_equal(now.spans_lost - before.spans_lost, spans);
    assert_int_equal(now.events_lost - before.events_lost, events);
}

static ctrace_writer *make(const ctrace_http_writer_options *options) {
    ctrace_writer *writer = ctrace_http_writer_new(server.url, options);
    assert_non_null(writer);
    return writer;
}

static void put(ctrace_writer *writer, const char *line) {
    assert_int_equal(ctrace_writer_write(writer, line, strlen(line)), CTRACE_OK);
}

static void flush(ctrace_writer *writer) {
    assert_int_equal(ctrace_writer_flush(writer, 60 * S), CTRACE_OK);
}

static ctrace_status post(ctrace_writer *writer, const char *body) {
    const cti_http_message message = {.path = "/v1/traces",
                                      .content_type = "application/json",
                                      .bytes = body,
                                      .size = strlen(body),
                                      .spans = 2,
                                      .events = 3,
                                      .answered = note_answer,
                                      .arg = answers};
    return cti_http_post(writer, &message);
}

/* Server, writer, one line, all of it out, and the end. */
static void send_line_through(const http_step *steps, size_t count) {
    http_server_start(&server, 0, steps, count);
    ctrace_writer *writer = make(NULL);
    put(writer, "line\n");
    flush(writer);
    ctrace_writer_unref(writer);
    http_server_stop(&server);
}

#define SEND_LINE_THROUGH(...)                                        \
    do {                                                              \
        static const http_step steps[] = {__VA_ARGS__};               \
        send_line_through(steps, sizeof steps / sizeof *steps);       \
        assert_int_equal(server.count, sizeof steps / sizeof *steps); \
    } while (0)

/* ---- What is sent ---- */

static void lines_are_gathered_and_posted(void **state) {
    (void)state;
    http_server_start(&server, 0, NULL, 0);
    ctrace_writer *writer = make(&(ctrace_http_writer_options){.headers = "api-key=a%20b"});
    put(writer, "one\n");
    put(writer, "two\n");
    flush(writer);
    assert_int_equal(server.count, 1);
    assert_string_equal(server.received[0].body, "one\ntwo\n");
    const char *head = server.received[0].head;
    char host[64];
    snprintf(host, sizeof host, "\r\nHost: 127.0.0.1:%d\r\n", server.port);
    assert_memory_equal(head, "POST /in HTTP/1.1\r\n", 19);
    assert_non_null(strstr(head, host));
    assert_non_null(strstr(head, "\r\napi-key: a b\r\n"));
    assert_non_null(strstr(head, "\r\nContent-Type: application/x-ndjson\r\n"));
    ctrace_writer_unref(writer);
    http_server_stop(&server);
    assert_lost(0, 0, 0, 0);
}

static void posts_have_their_path_and_type_and_are_answered(void **state) {
    (void)state;
    static const http_step steps[] = {
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
         "4\r\npart\r\n3\r\nial\r\n0\r\n\r\n",
         HTTP_KEEP}};
    http_server_start(&server, 0, steps, 1);
    ctrace_writer *writer = make(NULL);
    assert_int_equal(post(writer, "{}"), CTRACE_OK);
    assert_int_equal(post(writer, ""), CTRACE_OK);
    flush(writer);
    assert_memory_equal(server.received[0].head, "POST /in/v1/traces HTTP/1.1\r\n", 29);
    assert_non_null(strstr(server.received[0].head, "\r\nContent-Type: application/json\r\n"));
    assert_string_equal(server.received[0].body, "{}");
    assert_int_equal(server.received[1].body_size, 0);
    assert_int_equal(server.received[1].connection, 1);
    assert_int_equal(answer_count, 2);
    assert_int_equal(answers[0], 200);
    ctrace_writer_unref(writer);
    http_server_stop(&server);
    assert_lost(0, 0, 0, 0);
}

static void many_lines_are_many_requests_in_order(void **state) {
    (void)state;
    http_server_start(&server, 0, NULL, 0);
    ctrace_writer *writer = make(NULL);
    char line[32];
    for (unsigned i = 0; i < 20000; i++) {
        snprintf(line, sizeof line, "%u\n", i);
        put(writer, line);
    }
    flush(writer);
    unsigned expected = 0;
    for (size_t i = 0; i < server.count; i++) {
        for (const char *at = server.received[i].body; *at != '\0'; at = strchr(at, '\n') + 1) {
            assert_int_equal(strtoul(at, NULL, 10), expected);
            expected++;
        }
    }
    assert_int_equal(expected, 20000);
    assert_int_equal(server.accepted, 1);
    ctrace_writer_unref(writer);
    http_server_stop(&server);
}

enum { WRITERS = 4, WRITERS_LINES = 2000 };

static void *write_and_flush(void *argument) {
    ctrace_writer *writer = argument;
    static unsigned begun;
    const unsigned who = __atomic_fetch_add(&begun, 1u, __ATOMIC_RELAXED);
    char line[32];
    for (unsigned i = 0; i < WRITERS_LINES; i++) {
        snprintf(line, sizeof line, "%u %u\n", who, i);
        put(writer, line);
        if (i % 100 == 99) {
            flush(writer);
        }
    }
    return NULL;
}

static void threads_write_and_flush_at_once(void **state) {
    (void)state;
    pthread_t threads[WRITERS];
    unsigned next[WRITERS] = {0};
    http_server_start(&server, 0, NULL, 0);
    ctrace_writer *writer = make(NULL);
    for (unsigned i = 0; i < WRITERS; i++) {
        pthread_create(&threads[i], NULL, write_and_flush, writer);
    }
    for (unsigned i = 0; i < WRITERS; i++) {
        pthread_join(threads[i], NULL);
    }
    for (size_t i = 0; i < server.count; i++) {
        for (const char *at = server.received[i].body; *at != '\0'; at = strchr(at, '\n') + 1) {
            char *space;
            const unsigned long who = strtoul(at, &space, 10);
            assert_int_equal(strtoul(space, NULL, 10), next[who]);
            next[who]++;
        }
    }
    for (unsigned i = 0; i < WRITERS; i++) {
        assert_int_equal(next[i], WRITERS_LINES);
    }
    ctrace_writer_unref(writer);
    http_server_stop(&server);
    assert_lost(0, 0, 0, 0);
}

/* ---- Servers that fail ---- */

static void idle_connection_that_was_closed_is_made_anew(void **state) {
    (void)state;
    static const http_step steps[] = {{HTTP_OK, HTTP_CLOSE}, {HTTP_OK, HTTP_RESET}};
    http_server_start(&server, 0, steps, 2);
    ctrace_writer *writer = make(NULL);
    for (unsigned i = 0; i < 4; i++) {
        put(writer, "line\n");
        flush(writer);
    }
    assert_int_equal(server.count, 4);
    assert_int_equal(server.received[1].connection, 2);
    assert_int_equal(server.received[3].connection, 3);
    assert_int_equal(pause_count, 0);
    ctrace_writer_unref(writer);
    http_server_stop(&server);
    assert_lost(0, 0, 0, 0);
}

static void passing_failures_are_tried_again(void **state) {
    (void)state;
    SEND_LINE_THROUGH({REPLY("503 Busy", ""), HTTP_KEEP}, {REPLY("502 Bad", ""), HTTP_CLOSE},
                      {REPLY("504 Late", ""), HTTP_KEEP}, {REPLY("429 Slow", ""), HTTP_KEEP},
                      {HTTP_OK, HTTP_KEEP});
    assert_int_equal(pause_count, 4);
    assert_in_range(pauses[0], S / 4, S / 2);
    assert_in_range(pauses[3], 2 * S, 4 * S);
    assert_lost(0, 0, 0, 0);
}

static void retry_after_is_waited_for(void **state) {
    (void)state;
    SEND_LINE_THROUGH(
        {REPLY("429 Slow", "Retry-After: 7\r\n"), HTTP_KEEP},
        {REPLY("503 Busy", "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n"), HTTP_KEEP},
        {HTTP_OK, HTTP_KEEP});
    assert_int_equal(pause_count, 2);
    assert_int_equal(pauses[0], 7 * S);
    assert_in_range(pauses[1], S / 2, S);
    assert_lost(0, 0, 0, 0);
}

static void answers_that_break_off_or_are_none_are_asked_for_again(void **state) {
    (void)state;
    SEND_LINE_THROUGH({NULL, HTTP_CLOSE}, {NULL, HTTP_RESET}, {"HTTP/1.1 20", HTTP_CLOSE},
                      {"HTTP/1.1 200 OK\r\nContent-Le", HTTP_RESET},
                      {"SSH-2.0-OpenSSH_9.2\r\n", HTTP_KEEP}, {HTTP_OK, HTTP_KEEP});
    assert_int_equal(pause_count, 5);
    assert_lost(0, 0, 0, 0);
}

static void whole_head_of_a_good_answer_is_enough(void **state) {
    (void)state;
    SEND_LINE_THROUGH({"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", HTTP_CLOSE});
    assert_int_equal(pause_count, 0);
    assert_lost(0, 0, 0, 0);
}

static void server_that_stalls_is_left(void **state) {
    (void)state;
    static const http_step steps[] = {{NULL, HTTP_KEEP}, {"HTTP/1.1 200", HTTP_KEEP}};
    http_server_start(&server, 0, steps, 2);
    ctrace_writer *writer = make(&(ctrace_http_writer_options){.timeout_ns = S / 4});
    put(writer, "line\n");
    flush(writer);
    assert_true(server.count >= 3); /* more, where this machine stalls, too */
    assert_lost(0, 0, 0, 0);
    ctrace_writer_unref(writer);
    http_server_stop(&server);
}

static void server_that_is_not_there_is_waited_for(void **state) {
    (void)state;
    server.port = http_free_port();
    snprintf(server.url, sizeof server.url, "http://localhost:%d/in", server.port);
    start_at_pause = &server;
    ctrace_writer *writer = make(NULL);
    put(writer, "line\n");
    flush(writer);
    assert_int_equal(pause_count, 3);
    assert_int_equal(server.count, 1);
    assert_lost(0, 0, 0, 0);
    ctrace_writer_unref(writer);
    http_server_stop(&server);
}

/* ---- Losses ---- */

static void what_is_refused_for_good_is_lost(void **state) {
    (void)state;
    static const http_step steps[] = {
        {"HTTP/1.1 400 Bad\r\nContent-Length: 3\r\n\r\nwhy", HTTP_KEEP},
        {REPLY("301 Moved", "Location: /\r\n"), HTTP_KEEP},
        {REPLY("500 Broken", ""), HTTP_KEEP}};
    http_server_start(&server, 0, steps, 3);
    ctrace_writer *writer = make(NULL);
    assert_int_equal(post(writer, "12345"), CTRACE_OK);
    assert_int_equal(ctrace_writer_flush(writer, 60 * S), CTRACE_EIO);
    assert_string_equal(answer_body, "why");
    assert_int_equal(post(writer, "123"), CTRACE_OK);
    assert_int_equal(post(writer, "1"), CTRACE_OK);
    assert_int_equal(ctrace_writer_flush(writer, 60 * S), CTRACE_EIO);
    assert_int_equal(answers[0], 400);
    assert_int_equal(answers[1], 301);
    assert_int_equal(answers[2], 500);
    assert_int_equal(pause_count, 0);
    flush(writer);
    ctrace_writer_unref(writer);
    http_server_stop(&server);
    assert_lost(3, 9, 6, 9);
}

static void patience_has_an_end(void **state) {
    (void)state;
    static const http_step steps[] = {{REPLY("503 Busy", ""), HTTP_KEEP},
                                      {REPLY("503 Busy", "Retry-After: 61\r\n"), HTTP_KEEP},
                                      {HTTP_OK, HTTP_KEEP}};
    http_server_start(&server, 0, steps, 3);
    ctrace_writer *writer = make(NULL);
    assert_int_equal(post(writer, "given up"), CTRACE_OK);
    assert_int_equal(post(writer, "arrives"), CTRACE_OK);
    assert_int_equal(ctrace_writer_flush(writer, 60 * S), CTRACE_EIO);
    assert_int_equal(server.count, 3);
    assert_string_equal(server.received[2].body, "arrives");
    assert_int_equal(answers[0], 0);
    assert_int_equal(answers[1], 200);
    ctrace_writer_unref(writer);
    http_server_stop(&server);
    assert_lost(1, 8, 2, 3);
}

static void full_queue_takes_no_more(void **state) {
    (void)state;
    static const http_step steps[] = {{NULL, HTTP_KEEP}};
    http_server_start(&server, 0, steps, 1);
    ctrace_writer *writer = make(&(ctrace_http_writer_options){.queue_bytes = 16384});
    static char body[1001];
    memset(body, 'x', 1000);
    unsigned taken = 0;
    while (post(writer, body) == CTRACE_OK) {
        taken++;
    }
    assert_in_range(taken, 10, 16);
    assert_int_equal(post(writer, body), CTRACE_EIO);
    assert_lost(2, 2000, 4, 6);
    http_server_wait(&server, 1);
    http_server_hang_up(&server);
    flush(writer);
    assert_int_equal(server.count, 1 + taken); /* the first one twice */
    for (unsigned i = 0; i < taken; i++) {     /* there is room again */
        assert_int_equal(post(writer, body), CTRACE_OK);
    }
    flush(writer);
    assert_int_equal(answer_count, 2 * taken);
    assert_lost(2, 2000, 4, 6);
    ctrace_writer_unref(writer);
    http_server_stop(&server);
}

static void what_is_unsent_at_the_end_is_lost(void **state) {
    (void)state;
    static const http_step steps[] = {{NULL, HTTP_KEEP}};
    http_server_start(&server, 0, steps, 1);
    ctrace_writer *writer = make(NULL);
    assert_int_equal(post(writer, "one"), CTRACE_OK);
    http_server_wait(&server, 1);
    assert_int_equal(post(writer, "three"), CTRACE_OK);
    put(writer, "four");
    assert_int_equal(ctrace_writer_flush(writer, 0), CTRACE_ETIMEDOUT);
    assert_lost(0, 0, 0, 0);
    ctrace_writer_unref(writer);
    assert_lost(3, 12, 4, 6);
    assert_int_equal(answer_count, 2);
    assert_int_equal(answers[0], 0);
    assert_int_equal(answers[1], 0);
    assert_int_equal(server.count, 1);
    http_server_stop(&server);
}

/* ---- Processes ---- */

static void child_begins_with_nothing(void **state) {
    (void)state;
    if (!may_start_threads_after_fork()) {
        skip();
    }
    http_server_start(&server, 0, NULL, 0);
    ctrace_writer *writer = make(NULL);
    put(writer, "before\n");
    flush(writer);
    put(writer, "parent\n");
    const pid_t child = fork();
    if (child == 0) {
        alarm(60);
        const bool sent = ctrace_writer_flush(writer, 0) == CTRACE_OK &&
                          ctrace_writer_write(writer, "child\n", 6) == CTRACE_OK &&
                          ctrace_writer_flush(writer, 30 * S) == CTRACE_OK;
        ctrace_writer_unref(writer);
        _exit(sent ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    put(writer, "after\n");
    flush(writer);
    ctrace_writer_unref(writer);
    unsigned children = 0;
    char rest[64] = "";
    for (size_t i = 0; i < server.count; i++) {
        const http_received *received = &server.received[i];
        const bool is_child = strcmp(received->body, "child\n") == 0;
        children += is_child ? 1 : 0;
        assert_int_equal(received->connection, is_child ? 2 : 1);
        strcat(rest, is_child ? "" : received->body);
    }
    assert_int_equal(children, 1);
    assert_string_equal(rest, "before\nparent\nafter\n");
    http_server_stop(&server);
    assert_lost(0, 0, 0, 0);
}

static void bad_options_are_refused(void **state) {
    (void)state;
    assert_null(ctrace_http_writer_new(NULL, NULL));
    assert_null(ctrace_http_writer_new("https://x", NULL));
    assert_non_null(strstr(ctrace_last_error(), "collector"));
    assert_null(ctrace_http_writer_new("http://x", &(ctrace_http_writer_options){.headers = "x"}));
    assert_null(ctrace_http_writer_new("http://x",
                                       &(ctrace_http_writer_options){.content_type = "a\r\nb: c"}));
    ctrace_writer *writer = ctrace_memory_writer_new();
    assert_false(cti_writer_is_http(writer));
    assert_false(cti_writer_is_http(NULL));
    assert_int_equal(post(writer, "x"), CTRACE_EINVAL);
    ctrace_writer_unref(writer);
}

int main(void) {
    cti_http_pause_call = note_pause;
#define HTTP_TEST(function) cmocka_unit_test_setup(function, begin)
    const struct CMUnitTest tests[] = {
        HTTP_TEST(lines_are_gathered_and_posted),
        HTTP_TEST(posts_have_their_path_and_type_and_are_answered),
        HTTP_TEST(many_lines_are_many_requests_in_order),
        HTTP_TEST(threads_write_and_flush_at_once),
        HTTP_TEST(idle_connection_that_was_closed_is_made_anew),
        HTTP_TEST(passing_failures_are_tried_again),
        HTTP_TEST(retry_after_is_waited_for),
        HTTP_TEST(answers_that_break_off_or_are_none_are_asked_for_again),
        HTTP_TEST(whole_head_of_a_good_answer_is_enough),
        HTTP_TEST(server_that_stalls_is_left),
        HTTP_TEST(server_that_is_not_there_is_waited_for),
        HTTP_TEST(what_is_refused_for_good_is_lost),
        HTTP_TEST(patience_has_an_end),
        HTTP_TEST(full_queue_takes_no_more),
        HTTP_TEST(what_is_unsent_at_the_end_is_lost),
        HTTP_TEST(child_begins_with_nothing),
        HTTP_TEST(bad_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Every answer is taken in one piece, byte by byte, and cut in two at every place: what comes of it
 * must be the same. */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "write/http_response.h"

typedef struct answer {
    const char *text;
    cti_http_progress progress;
    int status;
    const char *body;
    bool keeps_alive;
    bool closes; /* the server closes the connection behind it */
} answer;

static const answer answers[] = {
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", CTI_HTTP_DONE, 200, "hello", true, false},
    {"HTTP/1.1 200 OK\ncontent-length:5\n\nhello", CTI_HTTP_DONE, 200, "hello", true, false},
    {"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", CTI_HTTP_DONE, 200, "", true, false},
    {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", CTI_HTTP_DONE, 200, "ok", false, false},
    {"HTTP/1.1 204 No Content\r\nContent-Length: 7\r\n\r\n", CTI_HTTP_DONE, 204, "", true, false},
    {"HTTP/1.1 200 OK\r\nX: y\r\nConnection: x, Close\r\nContent-Length: 2\r\n\r\nok",
     CTI_HTTP_DONE, 200, "ok", false, false},
    {"HTTP/1.1 200 OK\r\n\r\nuntil the end", CTI_HTTP_DONE, 200, "until the end", false, true},
    {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Wait\r\nContent-Length: 9\r\nConnection: close\r\n"
     "\r\nHTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy",
     CTI_HTTP_DONE, 503, "busy", true, false},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n7;a=b\r\n, world\r\n"
     "0\r\nTrailer: x\r\n\r\n",
     CTI_HTTP_DONE, 200, "hello, world", true, false},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\na\r\n0123456789\r\n"
     "0\r\n\r\n",
     CTI_HTTP_DONE, 200, "0123456789", false, false},
    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok", CTI_HTTP_DONE, 200,
     "ok", true, false},
    /* broken off: the head says what it says all the same */
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", CTI_HTTP_BAD, 200, "hell", false, true},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", CTI_HTTP_BAD, 200, "hel",
     false, true},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello!\r\n", CTI_HTTP_BAD, 200,
     "hello", false, false},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", CTI_HTTP_BAD, 200, "", false,
     false},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1000000000000000\r\n", CTI_HTTP_BAD, 200,
     "", false, false},
    /* no answer */
    {"", CTI_HTTP_BAD, 0, "", false, true},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", CTI_HTTP_BAD, 0, "", false, true},
    {"HTTP/2.0 200 OK\r\n\r\n", CTI_HTTP_BAD, 0, "", false, false},
    {"HTTP/1.1 20 OK\r\n\r\n", CTI_HTTP_BAD, 0, "", false, false},
    {"HTTP/1.1 2000\r\n\r\n", CTI_HTTP_BAD, 0, "", false, false},
    {"HTTP/1.1 099 Low\r\n\r\n", CTI_HTTP_BAD, 0, "", false, false},
    {"HTTP/1.1 101 Switch\r\n\r\n", CTI_HTTP_BAD, 0, "", false, false},
    {"SSH-2.0-OpenSSH_9.2\r\n", CTI_HTTP_BAD, 0, "", false, false},
    {"\r\n\r\n", CTI_HTTP_BAD, 0, "", false, false},
    {"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", CTI_HTTP_BAD, 0, "", false, false},
    {"HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n", CTI_HTTP_BAD, 0, "", false, false},
    {"HTTP/1.1 200 OK\r\nA : b\r\n\r\n", CTI_HTTP_BAD, 0, "", false, false},
    {"HTTP/1.1 200 OK\r\n: b\r\n\r\n", CTI_HTTP_BAD, 0, "", false, false},
    {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", CTI_HTTP_BAD, 0, "", false, false},
    {"HTTP/1.1 200 OK\r\nContent-Length: 1,1\r\n\r\n", CTI_HTTP_BAD, 0, "", false, false},
    {"HTTP/1.1 200 OK\r\nContent-Length: 9999999999999999999\r\n\r\n", CTI_HTTP_BAD, 0, "", false,
     false},
    {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", CTI_HTTP_BAD, 0, "",
     false, false},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", CTI_HTTP_BAD, 0, "", false,
     false},
};

enum { ANSWERS = sizeof answers / sizeof *answers };

/* Large, so neither on the stack nor made anew each time. */
static cti_http_response response;

static cti_http_progress take_pieces(const char *text, size_t size, size_t first, size_t others) {
    cti_http_progress progress = CTI_HTTP_MORE;
    size_t piece = first;
    cti_http_response_begin(&response);
    for (size_t at = 0; at < size && progress == CTI_HTTP_MORE; at += piece, piece = others) {
        piece = piece < size - at ? piece : size - at;
        char *copy = malloc(piece + 1); /* so that a sanitizer sees a step too far */
        memcpy(copy, text + at, piece);
        progress = cti_http_response_take(&response, copy, piece);
        free(copy);
    }
    return progress;
}

static void check(const answer *expected, size_t first, size_t others) {
    cti_http_progress progress = take_pieces(expected->text, strlen(expected->text), first, others);
    if (expected->closes) {
        assert_int_equal(progress, CTI_HTTP_MORE);
        progress = cti_http_response_close(&response);
    }
    assert_int_equal(progress, expected->progress);
    assert_int_equal(response.status, expected->status);
    assert_int_equal(response.keeps_alive, expected->keeps_alive);
    assert_int_equal(response.body.size, strlen(expected->body));
    assert_memory_equal(response.body.size == 0 ? "" : response.body.bytes, expected->body,
                        response.body.size);
    assert_true((response.why == NULL) == (progress == CTI_HTTP_DONE));
}

static void pieces_make_no_difference(void **state) {
    (void)state;
    for (size_t i = 0; i < ANSWERS; i++) {
        const size_t size = strlen(answers[i].text);
        check(&answers[i], size + 1, 1);
        check(&answers[i], 1, 1);
        for (size_t first = 1; first < size; first++) {
            check(&answers[i], first, size);
        }
    }
}

static void what_comes_behind_the_end_spoils_the_connection(void **state) {
    (void)state;
    const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 500 No\r\n\r\n";
    assert_int_equal(take_pieces(text, sizeof text - 1, sizeof text, 1), CTI_HTTP_DONE);
    assert_int_equal(response.status, 200);
    assert_false(response.keeps_alive);
}

static void a_nul_in_the_head_is_bad(void **state) {
    (void)state;
    const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\0 3\r\n\r\nok";
    assert_int_equal(take_pieces(text, sizeof text - 1, sizeof text, 1), CTI_HTTP_BAD);
    assert_int_equal(response.status, 0);
}

/* Feeds the same piece again and again; returns the bytes until it was too much. */
static size_t feed_until_bad(const char *begin, const char *piece, size_t most) {
    const size_t size = strlen(piece);
    size_t fed = 0;
    cti_http_response_begin(&response);
    cti_http_progress progress = cti_http_response_take(&response, begin, strlen(begin));
    while (progress == CTI_HTTP_MORE && fed <= most) {
        progress = cti_http_response_take(&response, piece, size);
        fed += size;
    }
    assert_int_equal(progress, CTI_HTTP_BAD);
    return fed;
}

static void hostile_servers_meet_bounds(void **state) {
    (void)state;
    const char ok[] = "HTTP/1.1 200 OK\r\n";
    feed_until_bad("", "HTTP/1.1 100 Continue\r\n\r\n", CTI_HTTP_HEAD_MAX);
    assert_int_equal(response.status, 0);
    feed_until_bad(ok, "X: y\r\n", CTI_HTTP_HEAD_MAX);
    assert_int_equal(response.status, 0);
    feed_until_bad(ok, "x", CTI_HTTP_LINE_MAX);
    assert_string_equal(response.why, "the answer has a line that is too long");
    feed_until_bad("HTTP/1.1 200 OK\r\n\r\n", "0123456789", CTI_HTTP_ANSWER_MAX);
    assert_int_equal(response.status, 200);
    assert_int_equal(response.body.size, CTI_HTTP_BODY_KEPT);
    feed_until_bad("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n",
                   CTI_HTTP_ANSWER_MAX);
    feed_until_bad("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "X: y\r\n",
                   CTI_HTTP_HEAD_MAX);
}

static void retry_after_is_seconds_or_a_date(void **state) {
    (void)state;
    static const struct {
        const char *value;
        int64_t wait_s, wait_until;
    } cases[] = {
        {"120", 120, -1}, {"  0  ", 0, -1}, {"Sun, 06 Nov 1994 08:49:37 GMT", -1, 784111777},
        {"soon", -1, -1}, {"1.5", -1, -1},  {"-3", -1, -1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[200];
        const int size = snprintf(
            text, sizeof text, "HTTP/1.1 429 Slow\r\nRetry-After: %s\r\nContent-Length: 0\r\n\r\n",
            cases[i].value);
        assert_int_equal(take_pieces(text, (size_t)size, 1, 1), CTI_HTTP_DONE);
        assert_int_equal(response.wait_s, cases[i].wait_s);
        assert_int_equal(response.wait_until, cases[i].wait_until);
    }
}

static int end(void **state) {
    (void)state;
    cti_http_response_release(&response);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(pieces_make_no_difference),
        TEST(what_comes_behind_the_end_spoils_the_connection),
        TEST(a_nul_in_the_head_is_bad),
        TEST(hostile_servers_meet_bounds),
        TEST(retry_after_is_seconds_or_a_date),
    };
    return cmocka_run_group_tests(tests, NULL, end);
}

/* libuv, as it is: callbacks of a loop in the spans of what they are about, work for its thread
 * pool in the context of who queued it. */
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "ctrace/context.h"
#include "ctrace/testing.h"
#include "support/probe.h"

static ctrace_subscriber *seen;
static ctrace_stats before;

static int begin(void **state) {
    (void)state;
    before = stats_now();
    seen = ctrace_capture_new(NULL);
    return ctrace_replace_global(ctrace_subscriber_ref(seen)) == CTRACE_OK ? 0 : -1;
}

static int end(void **state) {
    (void)state;
    assert_int_equal(stats_now().spans_repaired, before.spans_repaired);
    assert_int_equal(ctrace_capture_count_of(seen, CTRACE_CAPTURED_NEW, NULL),
                     ctrace_capture_count_of(seen, CTRACE_CAPTURED_CLOSE, NULL));
    assert_int_equal(ctrace_capture_count_of(seen, CTRACE_CAPTURED_ENTER, NULL),
                     ctrace_capture_count_of(seen, CTRACE_CAPTURED_EXIT, NULL));
    assert_null(ctrace_span_current());
    const ctrace_status status = ctrace_replace_global(NULL);
    ctrace_subscriber_unref(seen);
    return status == CTRACE_OK ? 0 : -1;
}

/* The span's name, and the number that it was made with. */
static bool is_span_of(uint64_t id, const char *name, int64_t number) {
    const ctrace_captured *made = NULL;
    while ((made = ctrace_capture_find(seen, CTRACE_CAPTURED_NEW, name, made)) != NULL) {
        if (made->span_id == id) {
            return ctrace_fields_find(made->fields, "number")->as.i64 == number;
        }
    }
    return false;
}

/* Every event of that message has the number of the span that it lies in. Returns how many. */
static size_t check_events(const char *message, const char *span) {
    const ctrace_captured *event = NULL;
    size_t count = 0;
    while ((event = ctrace_capture_find(seen, CTRACE_CAPTURED_EVENT, message, event)) != NULL) {
        const ctrace_value *number = ctrace_fields_find(event->fields, "number");
        assert_true(is_span_of(event->span_id, span, number->as.i64));
        count += 1;
    }
    return count;
}

/* ---- Timers: a span that stays open from callback to callback ---- */

enum { TIMERS = 5, TICKS = 4 };

typedef struct ticker {
    uv_timer_t timer;
    ctrace_span *span;
    int number, ticks;
} ticker;

static void on_closed(uv_handle_t *handle) {
    ticker *self = handle->data;
    ctrace_span_unref(self->span);
}

static void on_tick(uv_timer_t *timer) {
    ticker *self = timer->data;
    TRACE_IN(self->span) {
        TRACE_INFO("tick", ("number", self->number));
        self->ticks += 1;
        if (self->ticks == TICKS) {
            uv_close((uv_handle_t *)timer, on_closed);
        }
    }
}

static void timers_interleave(void **state) {
    (void)state;
    uv_loop_t loop;
    ticker tickers[TIMERS] = {0};
    assert_int_equal(uv_loop_init(&loop), 0);
    for (int i = 0; i < TIMERS; i++) {
        tickers[i].number = i;
        tickers[i].span = TRACE_SPAN_NEW("ticker", ("number", i));
        tickers[i].timer.data = &tickers[i];
        uv_timer_init(&loop, &tickers[i].timer);
        uv_timer_start(&tickers[i].timer, on_tick, 0, 1);
    }
    assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(check_events("tick", "ticker"), TIMERS * TICKS);
}

/* ---- The thread pool: jobs ---- */

enum { WORKS = 50 };

typedef struct work {
    uv_work_t request;
    ctrace_job job;
    ctrace_span *span;
    int number;
} work;

static void compute(void *argument) {
    const work *self = argument;
    TRACE_INFO("computed", ("number", self->number));
}

static void on_work(uv_work_t *request) {
    ctrace_job_run(&((work *)request->data)->job);
}

static void after_work(uv_work_t *request, int status) {
    work *self = request->data;
    TRACE_IN(self->span) {
        TRACE_INFO("taken back", ("number", self->number), ("status", status));
    }
    ctrace_span_unref(self->span);
}

static void queue(uv_loop_t *loop, work *self, int number) {
    self->number = number;
    self->request.data = self;
    self->span = TRACE_SPAN_NEW("work", ("number", number));
    TRACE_IN(self->span) {
        ctrace_job_init(&self->job, compute, self);
    }
    assert_int_equal(uv_queue_work(loop, &self->request, on_work, after_work), 0);
}

static bool came_from_another_thread(const char *message) {
    const ctrace_captured *here = ctrace_capture_find(seen, CTRACE_CAPTURED_NEW, "work", NULL);
    const ctrace_captured *there = ctrace_capture_find(seen, CTRACE_CAPTURED_EVENT, message, NULL);
    return here->thread_id != there->thread_id;
}

static void pooled_work_is_in_its_span(void **state) {
    (void)state;
    static work works[WORKS];
    uv_loop_t loop;
    assert_int_equal(uv_loop_init(&loop), 0);
    for (int i = 0; i < WORKS; i++) {
        queue(&loop, &works[i], i);
    }
    assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(check_events("computed", "work"), WORKS);
    assert_int_equal(check_events("taken back", "work"), WORKS);
    assert_true(came_from_another_thread("computed"));
}

/* ---- Connections: an echo, both ends in one loop ---- */

enum { CONNECTIONS = 20, ROUNDS = 3 };

typedef struct peer {
    uv_pipe_t pipe;
    uv_connect_t connect;
    uv_write_t write;
    ctrace_span *span;
    int number, rounds; /* of a server's end: the number comes with the first byte */
    char byte, room[64];
} peer;

static struct echo {
    uv_loop_t loop;
    uv_pipe_t listener;
    peer clients[CONNECTIONS], servers[CONNECTIONS];
    int accepted, closed;
} echo;

static void on_peer_closed(uv_handle_t *handle) {
    peer *self = handle->data;
    TRACE_IN(self->span) {
        TRACE_INFO("closed", ("number", self->number));
    }
    ctrace_span_unref(self->span);
    echo.closed += 1;
    if (echo.closed == 2 * CONNECTIONS) {
        uv_close((uv_handle_t *)&echo.listener, NULL);
    }
}

static void give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buf) {
    peer *self = handle->data;
    (void)suggested;
    *ret_buf = uv_buf_init(self->room, sizeof self->room);
}

static void send_byte(peer *self) {
    uv_buf_t buf = uv_buf_init(&self->byte, 1);
    uv_write(&self->write, (uv_stream_t *)&self->pipe, &buf, 1, NULL);
}

static void on_reply(uv_stream_t *stream, ssize_t size, const uv_buf_t *buf) {
    peer *self = stream->data;
    TRACE_IN(self->span) {
        assert_int_equal(size, 1);
        TRACE_INFO("reply", ("number", buf->base[0]));
        self->rounds += 1;
        if (self->rounds < ROUNDS) {
            send_byte(self);
        } else {
            uv_close((uv_handle_t *)stream, on_peer_closed);
        }
    }
}

static void on_connected(uv_connect_t *request, int status) {
    peer *self = request->data;
    assert_int_equal(status, 0);
    TRACE_IN(self->span) {
        TRACE_INFO("connected", ("number", self->number));
        uv_read_start((uv_stream_t *)&self->pipe, give_room, on_reply);
        send_byte(self);
    }
}

static void on_request(uv_stream_t *stream, ssize_t size, const uv_buf_t *buf) {
    peer *self = stream->data;
    if (size < 0) { /* the other end is closed */
        uv_close((uv_handle_t *)stream, on_peer_closed);
        return;
    }
    self->byte = buf->base[0];
    if (self->span == NULL) {
        self->number = self->byte;
        self->span = TRACE_SPAN_NEW("connection", ("number", self->number));
    }
    TRACE_IN(self->span) {
        TRACE_INFO("request", ("number", self->byte));
        send_byte(self);
    }
}

static void on_connection(uv_stream_t *listener, int status) {
    assert_int_equal(status, 0);
    peer *self = &echo.servers[echo.accepted++];
    self->pipe.data = self;
    uv_pipe_init(&echo.loop, &self->pipe, 0);
    assert_int_equal(uv_accept(listener, (uv_stream_t *)&self->pipe), 0);
    uv_read_start((uv_stream_t *)&self->pipe, give_room, on_request);
}

static void dial(peer *self, int number, const char *path) {
    self->number = number;
    self->byte = (char)number;
    self->span = TRACE_SPAN_NEW("client", ("number", number));
    self->pipe.data = self;
    self->connect.data = self;
    uv_pipe_init(&echo.loop, &self->pipe, 0);
    uv_pipe_connect(&self->connect, &self->pipe, path, on_connected);
}

static void connections_keep_apart(void **state) {
    (void)state;
    char folder[] = "/tmp/ctrace-uv-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/socket", folder);
    assert_int_equal(uv_loop_init(&echo.loop), 0);
    uv_pipe_init(&echo.loop, &echo.listener, 0);
    assert_int_equal(uv_pipe_bind(&echo.listener, path), 0);
    assert_int_equal(uv_listen((uv_stream_t *)&echo.listener, CONNECTIONS, on_connection), 0);
    for (int i = 0; i < CONNECTIONS; i++) {
        dial(&echo.clients[i], i, path);
    }
    assert_int_equal(uv_run(&echo.loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&echo.loop), 0);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(check_events("connected", "client"), CONNECTIONS);
    assert_int_equal(check_events("reply", "client"), CONNECTIONS * ROUNDS);
    assert_int_equal(check_events("request", "connection"), CONNECTIONS * ROUNDS);
    assert_int_equal(ctrace_capture_count_of(seen, CTRACE_CAPTURED_EVENT, "closed"),
                     2 * CONNECTIONS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(timers_interleave, begin, end),
        cmocka_unit_test_setup_teardown(pooled_work_is_in_its_span, begin, end),
        cmocka_unit_test_setup_teardown(connections_keep_apart, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The thread that sends: one request at a time, in order, each until it is answered for good or has
 * been tried for long enough. */
#include <stdio.h>

#include "base/atomic.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/worker.h"
#include "core/status.h"
#include "write/http_retry.h"
#include "write/http_writer.h"

enum { IDLE_S = 15 }; /* an unused connection is kept open that long */

static const uint64_t NS_PER_S = UINT64_C(1000000000);
static const uint64_t STOP_NS = UINT64_C(300000000); /* so long a stop is waited for */

/* ---- The lock, and the state of a forked child ---- */

/* The parent's connection is closed here and stays open there. What else its thread had in hand may
 * be half changed, and is left alone. */
static void begin_again(cti_http *http) {
    http->running = http->answering = http->orphaned = false;
    cti_http_disconnect(&http->connection);
    http->response.body = (ctrace_buf)CTI_BUF_INIT;
    http->random = (cti_random){{0, 0}};
}

void cti_http_enter(cti_http *http) {
    if (cti_http_queue_enter(&http->queue)) {
        begin_again(http);
    }
}

void cti_http_leave(cti_http *http) {
    cti_http_queue_leave(&http->queue);
}

/* ---- Results ---- */

static bool is_taken(int status) {
    return status >= 200 && status <= 299;
}

static void complain(cti_http *http, int status) {
    char why[sizeof http->connection.why];
    if (status == 0) {
        snprintf(why, sizeof why, "%s", http->connection.why);
    } else {
        snprintf(why, sizeof why, "the server answered %d%s", status,
                 status >= 300 && status <= 399 ? ", and redirects are not followed" : "");
    }
    cti_complain_once(&http->said_failed, "cannot send to %s: %s", http->url_text, why);
}

static void answer(const cti_http_request *request, int status, const ctrace_buf *body) {
    if (request->answered != NULL) {
        const bool has_body = status != 0 && !body->failed && body->size != 0;
        request->answered(request->arg, status, has_body ? body->bytes : "",
                          has_body ? body->size : 0);
    }
}

/* Under the lock, which is given meanwhile: who answers may queue the next message. */
static void finish(cti_http *http, int status, int final) {
    const cti_http_request *request = http->queue.taken;
    if (!is_taken(final)) {
        cti_http_queue_lose(&http->queue, request);
    }
    http->answering = true;
    cti_http_leave(http);
    if (!is_taken(final)) {
        complain(http, status);
    }
    answer(request, final, &http->response.body);
    cti_http_enter(http);
    http->answering = false;
    cti_http_queue_settle(&http->queue);
}

/* ---- Sending ---- */

/* Waits for the time of the next attempt. False when there will be none. */
static bool wait_for_retry(cti_http *http, cti_http_retry *retry, int status) {
    const uint64_t asked =
        status == 0 ? 0 : cti_http_asked_ns(&http->response, cti_clock_realtime_ns());
    uint64_t delay = 0;
    if (!cti_http_retry_delay(retry, asked, &http->random, &delay)) {
        return false;
    }
    cti_http_enter(http);
    retry->spent_ns += cti_http_queue_pause(&http->queue, delay, asked != 0);
    const bool goes_on = !http->queue.stopping;
    cti_http_leave(http);
    return goes_on;
}

/* One attempt; 0 when there was no answer. */
static int attempt(cti_http *http, const cti_http_request *request, cti_http_retry *retry) {
    const uint64_t begun = cti_clock_monotonic_ns();
    const bool answered = cti_http_exchange(&http->connection, &http->url, request, &http->response,
                                            http->timeout_ns);
    retry->spent_ns += cti_clock_monotonic_ns() - begun;
    return answered ? http->response.status : 0;
}

/* Returns what the last attempt came to; *ret_final is 0 when the server might have taken it yet.
 */
static int deliver(cti_http *http, const cti_http_request *request, int *ret_final) {
    cti_http_retry retry = {.most_ns = http->retry_for_ns};
    for (;;) {
        const int status = attempt(http, request, &retry);
        const bool is_final = status != 0 && !cti_http_is_passing(status);
        if (is_final || !wait_for_retry(http, &retry, status)) {
            *ret_final = is_final ? status : 0;
            return status;
        }
    }
}

/* Under the lock. The next request; NULL when it is time to stop. */
static const cti_http_request *next_request(cti_http *http) {
    const cti_http_request *request = NULL;
    if (http->connection.fd >= 0) {
        const uint64_t until = cti_clock_monotonic_ns() + IDLE_S * NS_PER_S;
        request = cti_http_queue_take(&http->queue, until);
        if (request == NULL) {
            cti_http_disconnect(&http->connection);
        }
    }
    return request != NULL ? request : cti_http_queue_take(&http->queue, CTI_CONDITION_FOREVER);
}

static void *run(void *argument) {
    cti_http *http = argument;
    cti_worker_name("ctrace-http");
    cti_http_enter(http);
    const cti_http_request *request;
    while ((request = next_request(http)) != NULL) {
        cti_http_leave(http);
        int final = 0;
        const int status = deliver(http, request, &final);
        cti_http_enter(http);
        if (!http->queue.stopping) { /* else who stops us gives up what is unsent */
            finish(http, status, final);
        }
    }
    cti_http_disconnect(&http->connection);
    http->running = false;
    const bool is_orphan = http->orphaned;
    pthread_cond_broadcast(&http->queue.progress);
    cti_http_leave(http);
    if (is_orphan) {
        cti_http_destroy(http);
    }
    return NULL;
}

/* ---- Beginning and end ---- */

void cti_http_start(cti_http *http) {
    if (!http->running) {
        http->running = cti_worker_start(&http->thread, run, http);
    }
}

/* From now on the thread neither takes nor answers anything. Returns whether there was one. */
static bool ask_to_stop(cti_http *http) {
    cti_http_enter(http);
    const bool has_thread = http->running;
    cti_store_relaxed(&http->queue.stopping, true);
    pthread_cond_signal(&http->queue.work);
    const uint64_t deadline = cti_clock_monotonic_ns() + STOP_NS;
    while (http->running && (http->answering || cti_clock_monotonic_ns() < deadline)) {
        cti_condition_wait_until(&http->queue.progress, &http->queue.lock,
                                 http->answering ? CTI_CONDITION_FOREVER : deadline);
    }
    cti_http_leave(http);
    return has_thread;
}

static void give_up(cti_http *http, const cti_http_request *request) {
    cti_http_queue_lose(&http->queue, request);
    answer(request, 0, NULL);
    cti_complain_once(&http->said_failed, "there was no time to send everything to %s",
                      http->url_text);
}

static void give_up_all(cti_http *http) {
    if (http->queue.taken != NULL) {
        give_up(http, http->queue.taken);
    }
    for (const cti_http_request *at = http->queue.first; at != NULL; at = at->next) {
        give_up(http, at);
    }
}

void cti_http_stop(cti_http *http) {
    const bool has_thread = ask_to_stop(http);
    give_up_all(http);
    cti_http_enter(http);
    const bool is_stuck = http->running;
    const pthread_t thread = http->thread;
    http->orphaned = is_stuck;
    cti_http_leave(http); /* an orphan may be gone from here on */
    if (is_stuck) {
        pthread_detach(thread);
        return;
    }
    if (has_thread) {
        pthread_join(thread, NULL);
    }
    cti_http_destroy(http);
}

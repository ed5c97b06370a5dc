#include "write/http_queue.h"

#include <string.h>

#include "base/atomic.h"
#include "base/clock.h"
#include "base/memory.h"
#include "core/stats.h"

uint64_t (*cti_http_pause_call)(uint64_t delay_ns);

/* ---- The queue and its processes ---- */

static void make_ready(cti_http_queue *queue) {
    cti_condition_init(&queue->work);
    cti_condition_init(&queue->progress);
    queue->generation = cti_fork_generation();
}

void cti_http_queue_init(cti_http_queue *queue, size_t limit) {
    *queue = (cti_http_queue){.limit = limit};
    cti_lock_init(&queue->lock);
    make_ready(queue);
}

static void free_list(cti_http_request *request) {
    while (request != NULL) {
        cti_http_request *next = request->next;
        cti_free(request);
        request = next;
    }
}

static void free_all(cti_http_queue *queue) {
    if (queue->taken != queue->first) { /* it may be both for a moment, and a fork come then */
        cti_free(queue->taken);
    }
    free_list(queue->first);
}

void cti_http_queue_destroy(cti_http_queue *queue) {
    free_all(queue);
    pthread_cond_destroy(&queue->work);
    pthread_cond_destroy(&queue->progress);
    cti_lock_destroy(&queue->lock);
}

/* The parent will send them. */
static void forget_parent(cti_http_queue *queue) {
    make_ready(queue);
    free_all(queue);
    queue->first = queue->last = queue->taken = NULL;
    queue->used = 0;
    queue->settled = queue->begun;
}

bool cti_http_queue_enter(cti_http_queue *queue) {
    cti_lock_take(&queue->lock);
    if (queue->generation == cti_fork_generation()) {
        return false;
    }
    forget_parent(queue);
    return true;
}

void cti_http_queue_leave(cti_http_queue *queue) {
    cti_lock_give(&queue->lock);
}

/* ---- In ---- */

static size_t size_of(const cti_http_request *request) {
    return sizeof *request + request->head_size + request->capacity;
}

cti_http_request *cti_http_request_new(cti_http_text head, size_t capacity) {
    const size_t fixed = sizeof(cti_http_request) + head.size;
    cti_http_request *request = capacity > SIZE_MAX - fixed ? NULL : cti_alloc(fixed + capacity);
    if (request != NULL) {
        *request = (cti_http_request){.head_size = head.size, .capacity = capacity};
        memcpy(request->bytes, head.at, head.size);
    }
    return request;
}

bool cti_http_queue_has_room(const cti_http_queue *queue, const cti_http_request *request) {
    return size_of(request) <= queue->limit - queue->used;
}

void cti_http_queue_push(cti_http_queue *queue, cti_http_request *request) {
    request->sequence = ++queue->begun;
    request->since_ns = cti_clock_monotonic_ns();
    request->next = NULL;
    queue->used += size_of(request);
    cti_store_release(queue->first == NULL ? &queue->first : &queue->last->next, request);
    queue->last = request;
    pthread_cond_signal(&queue->work);
}

bool cti_http_queue_add_lines(cti_http_queue *queue, const char *bytes, size_t size) {
    cti_http_request *request = queue->first == NULL ? NULL : queue->last;
    if (request == NULL || !request->takes_lines || size > request->capacity - request->body_size) {
        return false;
    }
    memcpy(request->bytes + request->head_size + request->body_size, bytes, size);
    request->body_size += size;
    return true;
}

/* ---- Out ---- */

/* When the first request is to be sent: lines wait a little for more. */
static uint64_t due_of(const cti_http_queue *queue) {
    const cti_http_request *request = queue->first;
    if (request == NULL) {
        return CTI_CONDITION_FOREVER;
    }
    const bool may_grow = request->takes_lines && request == queue->last &&
                          request->sequence > queue->hurry &&
                          request->body_size < request->capacity;
    return may_grow ? request->since_ns + CTI_HTTP_LINES_NS : 0;
}

cti_http_request *cti_http_queue_take(cti_http_queue *queue, uint64_t until_ns) {
    while (!queue->stopping) {
        const uint64_t due = due_of(queue);
        const uint64_t now = cti_clock_monotonic_ns();
        if (due <= now) {
            queue->taken = queue->first;
            cti_store_release(&queue->first, queue->first->next);
            return queue->taken;
        }
        if (until_ns <= now) {
            return NULL;
        }
        cti_condition_wait_until(&queue->work, &queue->lock, due < until_ns ? due : until_ns);
    }
    return NULL;
}

void cti_http_queue_settle(cti_http_queue *queue) {
    cti_http_request *request = queue->taken;
    queue->used -= size_of(request);
    queue->settled = request->sequence;
    queue->is_asked = queue->is_asked && queue->settled < queue->hurry;
    cti_store_release(&queue->taken, NULL);
    cti_free(request);
    pthread_cond_broadcast(&queue->progress);
}

void cti_http_queue_lose(cti_http_queue *queue, const cti_http_request *request) {
    queue->lost++;
    cti_count(CTI_WRITE_ERRORS, 1);
    cti_count(CTI_BYTES_LOST, (int64_t)request->body_size);
    cti_count(CTI_SPANS_LOST, (int64_t)request->spans);
    cti_count(CTI_EVENTS_LOST, (int64_t)request->events);
}

/* ---- Waiting ---- */

static uint64_t after(uint64_t ns) {
    const uint64_t now = cti_clock_monotonic_ns();
    return ns < CTI_CONDITION_FOREVER - now ? now + ns : CTI_CONDITION_FOREVER;
}

ctrace_status cti_http_queue_wait(cti_http_queue *queue, uint64_t timeout_ns) {
    const uint64_t target = queue->begun;
    const uint64_t lost = queue->lost;
    const uint64_t deadline = after(timeout_ns);
    queue->hurry = target;
    queue->is_asked = queue->settled < target;
    pthread_cond_signal(&queue->work);
    while (queue->settled < target) {
        if (cti_clock_monotonic_ns() >= deadline) {
            return CTRACE_ETIMEDOUT;
        }
        cti_condition_wait_until(&queue->progress, &queue->lock, deadline);
    }
    return queue->lost == lost ? CTRACE_OK : CTRACE_EIO;
}

uint64_t cti_http_queue_pause(cti_http_queue *queue, uint64_t delay_ns, bool is_bidden) {
    const uint64_t begun = cti_clock_monotonic_ns();
    const uint64_t until =
        after(cti_http_pause_call == NULL ? delay_ns : cti_http_pause_call(delay_ns));
    while (!queue->stopping && (is_bidden || !queue->is_asked)) {
        if (cti_clock_monotonic_ns() >= until) {
            return delay_ns;
        }
        cti_condition_wait_until(&queue->work, &queue->lock, until);
    }
    queue->is_asked = false;
    return cti_clock_monotonic_ns() - begun;
}

/* Many requests, one batch: the batch is no child of any of them, it follows from all.
 *
 *     ./batch                                  each batch in a trace of its own
 *     CTRACE_LOG=debug ./batch                 and what each request did
 *
 * Text does not show causes. A sink that can links the batch with its requests (OTLP does), and a
 * subscriber of one's own is told in on_span_follows. */
#define TRACE_TARGET "batch"
#include "ctrace/trace.h"

#include <pthread.h>
#include <stdio.h>

enum { PRODUCERS = 3, REQUESTS = 4, BATCH = 5, ALL = PRODUCERS * REQUESTS };

struct request {
    int producer, number;
    ctrace_span *span; /* a reference: goes along with the request, and keeps its span open */
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct request requests[ALL];
    size_t put, taken;
} queue = {.lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER};

static void put(struct request request) {
    pthread_mutex_lock(&queue.lock);
    queue.requests[queue.put++] = request;
    pthread_cond_signal(&queue.more);
    pthread_mutex_unlock(&queue.lock);
}

/* Waits for a whole batch, or for the last requests that there are. */
static size_t take(struct request batch[BATCH]) {
    pthread_mutex_lock(&queue.lock);
    size_t wanted = ALL - queue.taken < BATCH ? ALL - queue.taken : BATCH;
    while (queue.put - queue.taken < wanted) {
        pthread_cond_wait(&queue.more, &queue.lock);
    }
    for (size_t i = 0; i < wanted; i++) {
        batch[i] = queue.requests[queue.taken++];
    }
    pthread_mutex_unlock(&queue.lock);
    return wanted;
}

/* ---- Fan-in ---- */

static void *produce(void *argument) {
    int producer = *(const int *)argument;
    for (int i = 0; i < REQUESTS; i++) {
        ctrace_span *span = TRACE_SPAN_ROOT("request", ("producer", producer), ("number", i));
        TRACE_IN(span) {
            TRACE_DEBUG("accepted");
        }
        put((struct request){producer, i, span});
    }
    return NULL;
}

/* Each request ends inside its own span, with the batch as the place to look for more. */
static void finish(struct request request, int number) {
    TRACE_IN(request.span) {
        TRACE_DEBUG("stored", ("batch", number));
    }
    ctrace_span_unref(request.span);
}

static void store(const struct request batch[BATCH], size_t count, int number) {
    ctrace_span *span = TRACE_SPAN_ROOT("batch", ("number", number), ("requests", count));
    for (size_t i = 0; i < count; i++) {
        ctrace_span_follows(span, batch[i].span);
    }
    TRACE_IN(span) {
        TRACE_INFO("written", ("first", batch[0].number), ("of", batch[0].producer));
    }
    for (size_t i = 0; i < count; i++) {
        finish(batch[i], number);
    }
    ctrace_span_unref(span);
}

int main(void) {
    pthread_t threads[PRODUCERS];
    int numbers[PRODUCERS];
    struct request batch[BATCH];
    ctrace_init();
    for (int i = 0; i < PRODUCERS; i++) {
        numbers[i] = i;
        if (pthread_create(&threads[i], NULL, produce, &numbers[i]) != 0) {
            fprintf(stderr, "batch: no thread to be had\n");
            return 1;
        }
    }
    for (int number = 0; queue.taken < ALL; number++) {
        store(batch, take(batch), number);
    }
    for (int i = 0; i < PRODUCERS; i++) {
        pthread_join(threads[i], NULL);
    }
    return 0;
}

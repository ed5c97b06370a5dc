/* Pools begin and end. */
#define TRACE_TARGET "pool"
#include "pool.h"

#include "worker.h"

#include <stdlib.h>
#include <unistd.h>

static unsigned processors(void) {
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : (unsigned)count;
}

static void *work(void *argument) {
    struct worker *self = argument;
    worker_become(self);
    worker_until(self, &self->pool->stopping);
    return NULL;
}

/* A worker without a thread does no harm: nobody finds a job in its deque. */
static bool start(struct worker *worker) {
    int error = pthread_create(&worker->thread, NULL, work, worker);
    if (error != 0) {
        TRACE_DEBUG("no thread", ("worker", worker->number), ("error", TRACE_ERRNO(error)));
    }
    return error == 0;
}

struct pool *pool_new(unsigned workers) {
    unsigned count = workers > 0 ? workers : processors();
    struct pool *pool = calloc(1, sizeof(*pool) + count * sizeof(pool->workers[0]));
    if (pool == NULL) {
        return NULL;
    }
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pool->count = count; /* before the first one looks for others */
    for (unsigned i = 0; i < count; i++) {
        pool->workers[i].pool = pool;
        pool->workers[i].number = i;
    }
    pool->started = 1;
    while (pool->started < count && start(&pool->workers[pool->started])) {
        pool->started++;
    }
    TRACE_DEBUG("started", ("workers", pool->started));
    return pool;
}

static void tell_about(const struct worker *worker) {
    TRACE_DEBUG("worker", ("number", worker->number), ("jobs", worker->jobs),
                ("steals", worker->steals), ("parks", worker->parks));
}

void pool_free(struct pool *pool) {
    if (pool == NULL) {
        return;
    }
    atomic_store(&pool->stopping, true);
    worker_wake_all(pool);
    for (unsigned i = 1; i < pool->started; i++) {
        pthread_join(pool->workers[i].thread, NULL);
    }
    for (unsigned i = 0; i < pool->started; i++) {
        tell_about(&pool->workers[i]);
    }
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

void pool_run(struct pool *pool, void (*function)(void *), void *argument) {
    worker_become(&pool->workers[0]);
    function(argument);
    worker_become(NULL);
}

#define TRACE_TARGET "pool"
#include "worker.h"

#include <sched.h>

enum { PATIENCE = 32 }; /* looks around so often before it sleeps */

static _Thread_local struct worker *here;

struct worker *worker_here(void) {
    return here;
}

void worker_become(struct worker *self) {
    here = self;
}

/* ---- Sleeping ----
 *
 * Who sleeps raises `sleepers` and then looks once more; who brings something brings it and then
 * looks at `sleepers`. All of that is sequentially consistent, so one of the two sees the other. */

static bool anything_to_steal(struct pool *pool) {
    for (unsigned i = 0; i < pool->count; i++) {
        if (!deque_is_empty(&pool->workers[i].deque)) {
            return true;
        }
    }
    return false;
}

static void park(struct worker *self, const atomic_bool *done) {
    struct pool *pool = self->pool;
    TRACE_TRACE("park", ("worker", self->number));
    pthread_mutex_lock(&pool->lock);
    atomic_fetch_add(&pool->sleepers, 1);
    if (!atomic_load(done) && !anything_to_steal(pool)) {
        self->parks++;
        pthread_cond_wait(&pool->wake, &pool->lock);
    }
    atomic_fetch_sub(&pool->sleepers, 1);
    pthread_mutex_unlock(&pool->lock);
    TRACE_TRACE("unpark", ("worker", self->number));
}

static void wake_one(struct pool *pool) {
    if (atomic_load(&pool->sleepers) > 0) {
        pthread_mutex_lock(&pool->lock);
        pthread_cond_signal(&pool->wake);
        pthread_mutex_unlock(&pool->lock);
    }
}

void worker_wake_all(struct pool *pool) {
    if (atomic_load(&pool->sleepers) > 0) {
        pthread_mutex_lock(&pool->lock);
        pthread_cond_broadcast(&pool->wake);
        pthread_mutex_unlock(&pool->lock);
    }
}

/* ---- Jobs ---- */

bool worker_offer(struct worker *self, struct job *job, void (*function)(void *), void *argument) {
    ctrace_job_init(&job->carried, function, argument);
    atomic_init(&job->done, false);
    if (!deque_push(&self->deque, job)) {
        ctrace_job_cancel(&job->carried);
        return false;
    }
    wake_one(self->pool);
    return true;
}

struct job *worker_take_back(struct worker *self) {
    return deque_pop(&self->deque);
}

void worker_do(struct worker *self, struct job *job) {
    self->jobs++;
    ctrace_job_run(&job->carried);
    atomic_store(&job->done, true);
}

/* From the neighbours, each time in the same order: who has something new has woken somebody. */
static struct job *steal(struct worker *self) {
    struct pool *pool = self->pool;
    for (unsigned i = 1; i < pool->count; i++) {
        struct worker *victim = &pool->workers[(self->number + i) % pool->count];
        struct job *job = deque_steal(&victim->deque);
        if (job != NULL) {
            self->steals++;
            TRACE_TRACE("steal", ("worker", self->number), ("from", victim->number));
            return job;
        }
    }
    return NULL;
}

void worker_until(struct worker *self, const atomic_bool *done) {
    for (unsigned idle = 0; !atomic_load(done);) {
        struct job *job = steal(self);
        if (job != NULL) {
            worker_do(self, job);
            worker_wake_all(self->pool); /* who offered it may sleep */
            idle = 0;
        } else if (++idle < PATIENCE) {
            sched_yield();
        } else {
            park(self, done);
            idle = 0;
        }
    }
}

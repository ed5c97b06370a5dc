/* Workers: threads that do their own jobs, else steal others', else sleep. */
#ifndef POOL_WORKER_H
#define POOL_WORKER_H

#include "ctrace/context.h"

#include "deque.h"

#include <pthread.h>

/* Half of a join, on the stack of who waits for it. */
struct job {
    ctrace_job carried; /* what to do, in the context of who wants it done */
    atomic_bool done;   /* the last thing that is done to a job: then it may be gone */
};

struct worker {
    struct deque deque;
    struct pool *pool;
    pthread_t thread;
    unsigned number;
    unsigned long jobs, steals, parks;
};

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t wake;  /* there is something to do, or something done */
    atomic_uint sleepers; /* how many wait for that */
    atomic_bool stopping;
    unsigned count;          /* of workers */
    unsigned started;        /* of those that have a thread */
    struct worker workers[]; /* the first is whoever calls pool_run() */
};

/* Which worker the calling thread is, or NULL. */
struct worker *worker_here(void);

/* The calling thread is that worker from now on; NULL: none. */
void worker_become(struct worker *self);

/* A job for this worker or whoever steals it. False when there is no room. */
bool worker_offer(struct worker *self, struct job *job, void (*function)(void *), void *argument);

/* Takes back the job that was offered last; NULL when it was stolen. */
struct job *worker_take_back(struct worker *self);

/* Does the job. */
void worker_do(struct worker *self, struct job *job);

/* Does what there is to do, or sleeps, until `done`. */
void worker_until(struct worker *self, const atomic_bool *done);

/* Wakes all that sleep. */
void worker_wake_all(struct pool *pool);

#endif

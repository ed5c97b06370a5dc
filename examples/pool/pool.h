/* A work-stealing thread pool as rayon has it: fork and join. Instrumented with libctrace, target
 * "pool": at debug what each worker did, at trace each steal and each time that one parks. */
#ifndef POOL_POOL_H
#define POOL_POOL_H

#include <stddef.h>

struct pool;

/* Starts all but one of the workers, 0 for one a processor; the caller of pool_run() is that one.
 * It makes do with fewer when there are no threads to be had. NULL when there is no memory. */
struct pool *pool_new(unsigned workers);

/* Lets the workers end, and waits for that. Takes NULL. */
void pool_free(struct pool *pool);

/* Calls function(argument) here, as a worker: the joins inside it are done by all. One at a time.
 */
void pool_run(struct pool *pool, void (*function)(void *), void *argument);

/* Calls one(first) and other(second), perhaps at the same time, the other one perhaps on another
 * worker, and inside the spans that are open here. Returns when both are done. Outside
 * pool_run() it does one after the other. */
void pool_join(void (*one)(void *), void *first, void (*other)(void *), void *second);

/* Calls body(argument, from, to) for pieces of at most `grain` that together are [begin, end). */
void pool_for(size_t begin, size_t end, size_t grain,
              void (*body)(void *argument, size_t from, size_t to), void *argument);

/* Which worker this is, from 0; 0 outside. */
unsigned pool_worker(void);

#endif

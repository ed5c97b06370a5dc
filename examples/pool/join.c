/* Fork and join. */
#include "pool.h"

#include "worker.h"

unsigned pool_worker(void) {
    const struct worker *self = worker_here();
    return self == NULL ? 0 : self->number;
}

/* What the other half left behind lies in the deque above it, so that it is on top again when one()
 * returns, unless it was stolen. */
void pool_join(void (*one)(void *), void *first, void (*other)(void *), void *second) {
    struct worker *self = worker_here();
    struct job later;
    if (self == NULL || !worker_offer(self, &later, other, second)) {
        one(first);
        other(second);
        return;
    }
    one(first);
    if (worker_take_back(self) != NULL) {
        worker_do(self, &later);
    } else {
        worker_until(self, &later.done);
    }
}

/* ---- Parallel for: joins of halves ---- */

struct range {
    size_t begin, end, grain;
    void (*body)(void *argument, size_t from, size_t to);
    void *argument;
};

static void run_range(void *argument) {
    const struct range *range = argument;
    size_t size = range->end - range->begin;
    if (size <= range->grain) {
        range->body(range->argument, range->begin, range->end);
        return;
    }
    struct range lower = *range, upper = *range;
    lower.end = upper.begin = range->begin + size / 2;
    pool_join(run_range, &lower, run_range, &upper);
}

void pool_for(size_t begin, size_t end, size_t grain,
              void (*body)(void *argument, size_t from, size_t to), void *argument) {
    struct range all = {begin, end, grain > 0 ? grain : 1, body, argument};
    if (begin < end) {
        run_range(&all);
    }
}

#include "support/test.h"

#include <pthread.h>

#include "core/registry.h"

static void taken_once_by_a_thread(void **state) {
    (void)state;
    assert_true(cti_registry_take());
    assert_false(cti_registry_take()); /* held already: not to be given back twice */
    cti_registry_give();
    assert_true(cti_registry_take());
    cti_registry_give();
}

enum { THREADS = 4, ROUNDS = 10000 };
static int inside, total;

static void *take_turns(void *argument) {
    for (int i = 0; i < ROUNDS; i++) {
        const bool taken = cti_registry_take();
        inside += 1;
        total += taken && inside == 1;
        inside -= 1;
        cti_registry_give();
    }
    return argument;
}

static void threads_take_turns(void **state) {
    (void)state;
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, take_turns, NULL), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(total, THREADS * ROUNDS);
}

RUN(TEST(taken_once_by_a_thread), TEST(threads_take_turns))

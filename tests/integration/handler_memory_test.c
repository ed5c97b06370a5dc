/* Signal handlers that emit while their thread is inside malloc: whatever malloc holds, they must
 * not wait for it. Here malloc can have a handler run in its middle, and counts who calls it, or
 * free(), from there. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctrace/deferred.h"
#include "ctrace/trace.h"
#include "support/probe.h"
#include "support/recorded.h"
#include "support/sanitized.h"

#if defined(__GLIBC__) && !defined(TEST_HAS_THREAD_SANITIZER) && \
    !defined(TEST_HAS_ADDRESS_SANITIZER)
#define CAN_REPLACE_MALLOC 1

/* ---- A malloc that is interrupted ---- */

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void __libc_free(void *block);

static _Thread_local bool raises, is_inside;
static atomic_size_t entered_twice;

static void enter(void) {
    if (is_inside) {
        atomic_fetch_add(&entered_twice, 1);
    } else if (raises) {
        raises = false;
        is_inside = true;
        raise(SIGUSR1);
        is_inside = false;
    }
}

void *malloc(size_t size) {
    enter();
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    enter();
    return __libc_calloc(count, size);
}

void *realloc(void *block, size_t size) {
    enter();
    return __libc_realloc(block, size);
}

void free(void *block) {
    enter();
    __libc_free(block);
}

/* ---- What handlers emit ---- */

static void emit(int number) {
    TRACE_INFO("tick", ("number", number));
    TRACE_INFOF("tick %d of %s", number, "many");
}

static void be_interrupted(void) {
    raises = true;
    void *volatile block = malloc(100);
    free(block);
    assert_false(raises);
}

enum { EMITTED_AT_ONCE = 2, THREADS = 40 };

static void *run(void *unused) {
    (void)unused;
    be_interrupted(); /* the first that the library hears of this thread */
    be_interrupted();
    return NULL;
}

static void run_threads(void) {
    for (int i = 0; i < THREADS; i++) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, run, NULL), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
    }
}

static void listen(ctrace_subscriber *subscriber) {
    atomic_store(&entered_twice, 0);
    assert_int_equal(ctrace_replace_global(subscriber), CTRACE_OK);
    emit(0); /* the callsites are known from here on */
}

static int set_up(void **state) {
    (void)state;
    struct sigaction action = {.sa_handler = emit};
    return sigaction(SIGUSR1, &action, NULL);
}

/* ---- Recordings ---- */

#define RECORDING "handler_memory_test.ctrace"

static void listen_small(void) {
    listen(ctrace_recorder_new(RECORDING, &(ctrace_recorder_options){.mode = CTRACE_RECORDER_GROW,
                                                                     .max_bytes = 262144,
                                                                     .thread_bytes = 65536}));
}

static void *emit_one(void *unused) {
    (void)unused;
    emit(1);
    return NULL;
}

/* On a thread for which the file has no segment. */
static void lose_some(void) {
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, emit_one, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static void a_loss_told_from_a_handler(void **state) {
    (void)state;
    const uint64_t lost_before = stats_now().events_lost;
    listen_small();
    assert_int_equal(ctrace_thread_prepare(), CTRACE_OK);
    lose_some();
    const uint64_t lost = stats_now().events_lost - lost_before;
    assert_int_not_equal(lost, 0);
    be_interrupted();
    assert_int_equal(entered_twice, 0);
    assert_int_equal(ctrace_shutdown(CTRACE_FOREVER), CTRACE_OK);
    recorded seen;
    assert_int_equal(recorded_read(RECORDING, &seen), CTRACE_OK);
    assert_int_equal(seen.lost, lost);
    unlink(RECORDING);
}

/* ---- Threads that did not prepare ---- */

static uint64_t heard;

static void count_event(ctrace_subscriber *self, const ctrace_event *event,
                        const ctrace_moment *moment) {
    (void)self, (void)event, (void)moment;
    heard += 1;
}

static ctrace_subscriber *new_queue(void) {
    static const ctrace_subscriber_ops ops = {.size = sizeof ops, .on_event = count_event};
    static ctrace_subscriber counters[4];
    static unsigned used;
    ctrace_subscriber *counter = &counters[used++];
    ctrace_subscriber_init(counter, &ops);
    heard = 0;
    return ctrace_deferred_new(counter, NULL);
}

static void threads_unknown_to_the_queue(void **state) {
    (void)state;
    const uint64_t lost_before = stats_now().events_lost;
    listen(new_queue());
    run_threads();
    assert_int_equal(entered_twice, 0);
    assert_int_equal(ctrace_shutdown(CTRACE_FOREVER), CTRACE_OK);
    assert_int_equal(heard, (2 * THREADS + 1) * EMITTED_AT_ONCE);
    assert_int_equal(stats_now().events_lost, lost_before);
}

static void threads_unknown_to_the_recorder(void **state) {
    (void)state;
    const uint64_t lost_before = stats_now().events_lost;
    listen(ctrace_recorder_new(RECORDING, NULL));
    run_threads();
    assert_int_equal(entered_twice, 0);
    assert_int_equal(ctrace_shutdown(CTRACE_FOREVER), CTRACE_OK);
    recorded seen;
    assert_int_equal(recorded_read(RECORDING, &seen), CTRACE_OK);
    assert_int_equal(seen.events, (2 * THREADS + 1) * EMITTED_AT_ONCE);
    assert_int_equal(stats_now().events_lost, lost_before);
    unlink(RECORDING);
}

/* Nobody has emitted anything since the queue was made. */
static void the_first_event_of_all(void **state) {
    (void)state;
    ctrace_subscriber *queue = new_queue();
    atomic_store(&entered_twice, 0);
    assert_int_equal(ctrace_replace_global(queue), CTRACE_OK);
    be_interrupted();
    assert_int_equal(entered_twice, 0);
    assert_int_equal(ctrace_shutdown(CTRACE_FOREVER), CTRACE_OK);
    assert_int_equal(heard, EMITTED_AT_ONCE);
}

/* Somebody else listens by now: what the thread had for the one before is given back. */

static pthread_barrier_t another_listens;

static void *outlive_a_subscriber(void *unused) {
    (void)unused;
    be_interrupted();
    pthread_barrier_wait(&another_listens);
    pthread_barrier_wait(&another_listens);
    be_interrupted();
    return NULL;
}

static void outlive(ctrace_subscriber *first, ctrace_subscriber *second) {
    pthread_t thread;
    pthread_barrier_init(&another_listens, NULL, 2);
    listen(first);
    assert_int_equal(pthread_create(&thread, NULL, outlive_a_subscriber, NULL), 0);
    pthread_barrier_wait(&another_listens);
    assert_int_equal(entered_twice, 0);
    listen(second);
    pthread_barrier_wait(&another_listens);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_barrier_destroy(&another_listens);
    assert_int_equal(entered_twice, 0);
    assert_int_equal(ctrace_shutdown(CTRACE_FOREVER), CTRACE_OK);
}

static void a_thread_that_outlives_a_queue(void **state) {
    (void)state;
    outlive(new_queue(), new_queue());
    assert_int_equal(heard, 4 * EMITTED_AT_ONCE);
}

static void a_thread_that_outlives_a_recorder(void **state) {
    (void)state;
    outlive(ctrace_recorder_new(RECORDING, NULL), ctrace_recorder_new(RECORDING, NULL));
    recorded seen;
    assert_int_equal(recorded_read(RECORDING, &seen), CTRACE_OK);
    assert_int_equal(seen.events, 2 * EMITTED_AT_ONCE);
    unlink(RECORDING);
}

#endif

int main(void) {
#if defined(CAN_REPLACE_MALLOC)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loss_told_from_a_handler),
        cmocka_unit_test(threads_unknown_to_the_queue),
        cmocka_unit_test(threads_unknown_to_the_recorder),
        cmocka_unit_test(the_first_event_of_all),
        cmocka_unit_test(a_thread_that_outlives_a_queue),
        cmocka_unit_test(a_thread_that_outlives_a_recorder),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
#else
    return 0;
#endif
}

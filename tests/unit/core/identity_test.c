#include "support/test.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "support/probe.h"

static probe listener;

static int compare(const void *one, const void *other) {
    const uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;
    return a < b ? -1 : a > b;
}

static void identities_are_unique_and_not_zero(void **state) {
    (void)state;
    enum { COUNT = 20000 };
    static uint64_t ids[COUNT];
    uint64_t bits = 0;
    for (int i = 0; i < COUNT; i++) {
        TRACE_SPAN_AS(span, "span");
        ids[i] = ctrace_span_id(span);
        bits |= ids[i];
        assert_int_equal(ctrace_span_id(span), ids[i]); /* and stay */
    }
    qsort(ids, COUNT, sizeof *ids, compare);
    assert_int_not_equal(ids[0], 0);
    for (int i = 1; i < COUNT; i++) {
        assert_int_not_equal(ids[i], ids[i - 1]);
    }
    assert_true(bits == UINT64_MAX);
}

static void a_trace_is_a_tree(void **state) {
    (void)state;
    uint8_t outer_id[16], inner_id[16], other_id[16];
    const uint8_t zero[16] = {0};
    TRACE_SPAN_AS(outer, "outer");
    TRACE_SPAN("between");
    TRACE_SPAN_AS(inner, "inner");
    ctrace_span *other = TRACE_SPAN_ROOT("other");
    ctrace_span *child = TRACE_SPAN_CHILD(other, "child");
    ctrace_span_trace_id(inner, inner_id);
    ctrace_span_trace_id(outer, outer_id);
    assert_memory_equal(outer_id, inner_id, 16);
    assert_memory_not_equal(outer_id, zero, 16);
    ctrace_span_trace_id(child, other_id);
    assert_memory_not_equal(outer_id, other_id, 16);
    ctrace_span_trace_id(other, inner_id);
    assert_memory_equal(inner_id, other_id, 16);
    ctrace_span_unref(child);
    ctrace_span_unref(other);
}

typedef struct asked {
    ctrace_span *span;
    uint64_t id;
    uint8_t trace_id[16];
} asked;

static void *ask(void *argument) {
    asked *mine = argument;
    mine->id = ctrace_span_id(mine->span);
    ctrace_span_trace_id(mine->span, mine->trace_id);
    return NULL;
}

static void threads_that_ask_at_once_hear_the_same(void **state) {
    (void)state;
    enum { THREADS = 4 };
    for (int round = 0; round < 50; round++) {
        TRACE_SPAN("root");
        TRACE_SPAN_AS(span, "span");
        pthread_t threads[THREADS];
        asked heard[THREADS];
        for (int i = 0; i < THREADS; i++) {
            heard[i].span = span;
            assert_int_equal(pthread_create(&threads[i], NULL, ask, &heard[i]), 0);
        }
        for (int i = 0; i < THREADS; i++) {
            pthread_join(threads[i], NULL);
            assert_int_equal(heard[i].id, heard[0].id);
            assert_memory_equal(heard[i].trace_id, heard[0].trace_id, 16);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(identities_are_unique_and_not_zero),
        TEST(a_trace_is_a_tree),
        TEST(threads_that_ask_at_once_hear_the_same),
    };
    ctrace_subscriber *self = probe_init(&listener);
    int failed = 1;
    TRACE_WITH_SUBSCRIBER(self) {
        failed = ctrace_replace_global(ctrace_subscriber_ref(self)) == CTRACE_OK
                     ? cmocka_run_group_tests(tests, NULL, NULL)
                     : 1;
    }
    return failed + (ctrace_replace_global(NULL) != CTRACE_OK);
}

/* The work-stealing pool of the examples, as a program to listen to: every element once, and what
 * is done on any worker in the context of who wanted it. */
#include "support/test.h"

#include <stdatomic.h>

#include "ctrace/context.h"
#include "ctrace/testing.h"
#include "pool/pool.h"
#include "support/probe.h"

enum { WORKERS = 5, ELEMENTS = 20000, ROUNDS = 20 };

static struct pool *pool;

static int make_pool(void **state) {
    (void)state;
    pool = pool_new(WORKERS);
    return pool == NULL ? -1 : 0;
}

static int free_pool(void **state) {
    (void)state;
    pool_free(pool);
    return 0;
}

/* ---- The pool does what it says ---- */

static atomic_uchar visits[ELEMENTS];

static void visit(void *argument, size_t from, size_t to) {
    (void)argument;
    for (size_t i = from; i < to; i++) {
        atomic_fetch_add(&visits[i], 1);
    }
}

static void visit_all(void *argument) {
    (void)argument;
    for (int i = 0; i < ROUNDS; i++) {
        pool_for(0, ELEMENTS, 7, visit, NULL);
    }
}

static void every_element_is_visited_once(void **state) {
    (void)state;
    pool_run(pool, visit_all, NULL);
    for (size_t i = 0; i < ELEMENTS; i++) {
        assert_int_equal(visits[i], ROUNDS);
    }
}

struct sum {
    unsigned depth;
    unsigned long leaves;
};

static void sum_up(void *argument) {
    struct sum *sum = argument;
    struct sum halves[2] = {{sum->depth - 1, 0}, {sum->depth - 1, 0}};
    if (sum->depth == 0) {
        sum->leaves = 1;
        return;
    }
    pool_join(sum_up, &halves[0], sum_up, &halves[1]);
    sum->leaves = halves[0].leaves + halves[1].leaves;
}

static void joins_nest(void **state) {
    (void)state;
    struct sum sum = {14, 0};
    pool_run(pool, sum_up, &sum);
    assert_int_equal(sum.leaves, 1 << 14);
    sum = (struct sum){10, 0};
    sum_up(&sum); /* outside of the pool: one after the other */
    assert_int_equal(sum.leaves, 1 << 10);
}

/* Joins in joins, deeper than a deque has room. */
static void nest_to_the_left(void *argument) {
    unsigned *left = argument;
    if (*left > 0) {
        unsigned less = *left - 1, none = 0;
        pool_join(nest_to_the_left, &less, nest_to_the_left, &none);
    }
}

static void a_full_deque_is_no_problem(void **state) {
    (void)state;
    unsigned depth = 3000;
    pool_run(pool, nest_to_the_left, &depth);
}

/* ---- Context ---- */

static void note(void *argument, size_t from, size_t to) {
    (void)argument;
    TRACE_SPAN("piece", ("from", from));
    TRACE_INFO("noted", ("from", from), ("to", to), ("for", ctrace_baggage_get("user")));
}

static void note_all(void *argument) {
    TRACE_SPAN("work", ("number", *(const int *)argument));
    pool_for(0, ELEMENTS / 10, 10, note, argument);
}

static void check_notes(ctrace_subscriber *seen) {
    const ctrace_captured *event = NULL;
    while ((event = ctrace_capture_find(seen, CTRACE_CAPTURED_EVENT, "noted", event)) != NULL) {
        assert_string_equal(event->path, "request:work:piece");
        assert_string_equal(ctrace_fields_find(event->fields, "for")->as.string, "alice");
    }
    assert_int_equal(ctrace_capture_count_of(seen, CTRACE_CAPTURED_EVENT, "noted"), 256);
    assert_int_equal(ctrace_capture_count_of(seen, CTRACE_CAPTURED_CLOSE, "piece"), 256);
}

/* The subscriber is the block's, the baggage the request's; on every worker. */
static void context_goes_to_every_worker(void **state) {
    (void)state;
    const uint64_t before = stats_now().spans_repaired;
    for (int i = 0; i < ROUNDS; i++) {
        ctrace_subscriber *seen = ctrace_capture_new(NULL);
        TRACE_WITH_SUBSCRIBER(seen) {
            TRACE_SPAN("request");
            assert_true(ctrace_baggage_set("user", "alice"));
            pool_run(pool, note_all, &i);
        }
        check_notes(seen);
        CTRACE_ASSERT_COUNT(seen, CTRACE_CAPTURED_CLOSE, "request", 1);
        ctrace_subscriber_unref(seen);
    }
    assert_int_equal(stats_now().spans_repaired, before);
    assert_null(ctrace_baggage_get("user"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(every_element_is_visited_once),
        TEST(joins_nest),
        TEST(a_full_deque_is_no_problem),
        TEST(context_goes_to_every_worker),
    };
    return cmocka_run_group_tests(tests, make_pool, free_pool);
}

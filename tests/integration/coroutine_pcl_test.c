/* The Portable Coroutine Library, as it is: stackful coroutines that hold spans across switches. */
#include "support/test.h"

#include <pcl.h>
#include <stdlib.h>

#include "ctrace/context.h"
#include "ctrace/testing.h"
#include "integration/fiber_sanitized.h"
#include "support/probe.h"

enum { COROUTINES = 4, ROUNDS = 5, STACK = 64 * 1024 };

typedef struct coroutine {
    coroutine_t pcl;
    ctrace_task *task;
    int number;
    bool done;
    fiber_stacks stacks;
    void *stack;
} coroutine;

static void yield(coroutine *self) {
    fiber_leaves(&self->stacks);
    co_resume();
    fiber_arrived(&self->stacks);
}

static void count(coroutine *self) {
    TRACE_SPAN("coroutine", ("number", self->number));
    for (int i = 0; i < ROUNDS; i++) {
        TRACE_SPAN("round", ("i", i));
        TRACE_INFO("before", ("number", self->number), ("i", i));
        yield(self);
        TRACE_INFO("after", ("number", self->number), ("i", i));
    }
}

static void body(void *argument) {
    coroutine *self = argument;
    fiber_arrived(&self->stacks);
    count(self);
    self->done = true;
    fiber_leaves_for_ever(&self->stacks);
    co_exit(); /* a return would be one from this stack, which was just left */
}

static void create(coroutine *self, int number) {
    *self = (coroutine){.number = number, .stack = malloc(STACK)};
    assert_non_null(self->stack);
    fiber_stacks_begin(&self->stacks, self->stack, STACK);
    self->task = ctrace_task_new();
    self->pcl = co_create(body, self, self->stack, STACK);
    assert_non_null(self->pcl);
}

static void resume(coroutine *self) {
    ctrace_task_resume(self->task);
    fiber_resumes(&self->stacks);
    co_call(self->pcl);
    fiber_resumed(&self->stacks);
    ctrace_task_suspend(self->task);
}

static void destroy(coroutine *self) {
    ctrace_task_free(self->task);
    fiber_stacks_end(&self->stacks);
    free(self->stack);
}

/* In turn, so that each switch is one to another coroutine's spans. */
static void run_all(void) {
    static coroutine all[COROUTINES];
    TRACE_SPAN("main");
    for (int i = 0; i < COROUTINES; i++) {
        create(&all[i], i);
    }
    for (int turn = 0; !all[COROUTINES - 1].done; turn++) {
        resume(&all[turn % COROUTINES]);
    }
    for (int i = 0; i < COROUTINES; i++) {
        destroy(&all[i]);
    }
}

static int64_t field(const ctrace_captured *of, const char *key) {
    return ctrace_fields_find(of->fields, key)->as.i64;
}

/* The captured beginning of the span. */
static const ctrace_captured *span_of(ctrace_subscriber *seen, const char *name, uint64_t id) {
    const ctrace_captured *made = NULL;
    while ((made = ctrace_capture_find(seen, CTRACE_CAPTURED_NEW, name, made)) != NULL &&
           made->span_id != id) {
    }
    assert_non_null(made);
    return made;
}

static void check_events(ctrace_subscriber *seen, const char *message) {
    const ctrace_captured *event = NULL;
    while ((event = ctrace_capture_find(seen, CTRACE_CAPTURED_EVENT, message, event)) != NULL) {
        assert_string_equal(event->path, "main:coroutine:round");
        const ctrace_captured *round = span_of(seen, "round", event->span_id);
        const ctrace_captured *outer = span_of(seen, "coroutine", round->parent_id);
        assert_int_equal(field(event, "i"), field(round, "i"));
        assert_int_equal(field(event, "number"), field(outer, "number"));
        assert_int_equal(event->task_id, outer->task_id);
    }
}

static void spans_are_held_across_switches(void **state) {
    (void)state;
    const uint64_t before = stats_now().spans_repaired;
    ctrace_subscriber *seen = ctrace_capture_new(NULL);
    assert_int_equal(ctrace_replace_global(ctrace_subscriber_ref(seen)), CTRACE_OK);
    assert_int_equal(co_thread_init(), 0);
    run_all();
    co_thread_cleanup();
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
    assert_int_equal(stats_now().spans_repaired, before);
    check_events(seen, "before");
    check_events(seen, "after");
    CTRACE_ASSERT_COUNT(seen, CTRACE_CAPTURED_EVENT, NULL, 2 * COROUTINES * ROUNDS);
    CTRACE_ASSERT_COUNT(seen, CTRACE_CAPTURED_CLOSE, "round", COROUTINES * ROUNDS);
    /* once when it is opened, and once after each of the yields inside */
    CTRACE_ASSERT_COUNT(seen, CTRACE_CAPTURED_ENTER, "coroutine", COROUTINES * (ROUNDS + 1));
    CTRACE_ASSERT_COUNT(seen, CTRACE_CAPTURED_EXIT, "coroutine", COROUTINES * (ROUNDS + 1));
    CTRACE_ASSERT_COUNT(seen, CTRACE_CAPTURED_ENTER, "round", 2 * COROUTINES * ROUNDS);
    ctrace_subscriber_unref(seen);
}

RUN(TEST(spans_are_held_across_switches))

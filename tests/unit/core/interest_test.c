#include "support/test.h"

#include <stdbool.h>

#include "support/probe.h"

static probe one, two;
static int evaluated;

static int evaluate(void) {
    return ++evaluated;
}

static void emit(void) {
    TRACE_INFO("callsite", ("n", evaluate()));
}

static void answers_are_cached(void **state) {
    (void)state;
    assert_int_equal(ctrace_set_global(probe_init(&one)), CTRACE_OK);
    const size_t all = probe_calls(&one, PROBE_CALLSITE);
    assert_int_equal(all, stats_now().callsites); /* each once, reached or not */
    emit();
    emit();
    assert_int_equal(probe_calls(&one, PROBE_CALLSITE), all);
    ctrace_interest_changed(&one.base);
    assert_int_equal(probe_calls(&one, PROBE_CALLSITE), 2 * all);
    assert_int_equal(probe_calls(&one, PROBE_ENABLED), 0);
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
}

static void arguments_are_evaluated_once_or_never(void **state) {
    (void)state;
    evaluated = 0;
    emit();
    assert_int_equal(evaluated, 0); /* nobody listens */
    probe_init(&one);
    atomic_store(&one.interest, CTRACE_INTEREST_NEVER);
    assert_int_equal(ctrace_set_global(&one.base), CTRACE_OK);
    emit();
    assert_int_equal(evaluated, 0);
    atomic_store(&one.interest, CTRACE_INTEREST_SOMETIMES);
    emit();
    assert_int_equal(evaluated, 0); /* not asked again yet */
    ctrace_interest_changed(&one.base);
    atomic_store(&one.enabled, false);
    emit();
    assert_int_equal(evaluated, 0);
    assert_int_equal(probe_calls(&one, PROBE_ENABLED), 1);
    atomic_store(&one.enabled, true);
    emit();
    assert_int_equal(evaluated, 1);
    assert_int_equal(probe_calls(&one, PROBE_ENABLED), 2);
    atomic_store(&one.interest, CTRACE_INTEREST_ALWAYS);
    ctrace_interest_changed(&one.base);
    emit();
    assert_int_equal(evaluated, 2);
    assert_int_equal(probe_calls(&one, PROBE_ENABLED), 2);
    assert_int_equal(probe_calls(&one, PROBE_EVENT), 2);
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
    emit();
    assert_int_equal(evaluated, 2);
}

/* Whoever listens elsewhere makes this thread ask, not hear. */
static void each_listener_gets_what_it_wants(void **state) {
    (void)state;
    assert_int_equal(ctrace_set_global(probe_init(&one)), CTRACE_OK);
    ctrace_subscriber *second = probe_init(&two);
    atomic_store(&two.interest, CTRACE_INTEREST_NEVER);
    evaluated = 0;
    TRACE_WITH_SUBSCRIBER(second) {
        emit();
        assert_int_equal(evaluated, 0);
        atomic_store(&two.interest, CTRACE_INTEREST_ALWAYS);
        ctrace_interest_changed(second);
        emit();
        TRACE_WITH_SUBSCRIBER(NULL) {
            emit();
        }
        assert_int_equal(evaluated, 1);
    }
    emit();
    assert_int_equal(evaluated, 2);
    assert_int_equal(probe_calls(&one, PROBE_EVENT), 1);
    assert_int_equal(probe_calls(&two, PROBE_EVENT), 1);
    ctrace_subscriber_unref(second);
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
}

static bool is_enabled_here(void) {
    return TRACE_ENABLED(CTRACE_LEVEL_DEBUG);
}

static void asking_without_emitting(void **state) {
    (void)state;
    assert_false(is_enabled_here());
    assert_int_equal(ctrace_set_global(probe_init(&one)), CTRACE_OK);
    assert_true(is_enabled_here());
    assert_int_equal(probe_calls(&one, PROBE_EVENT), 0);
    atomic_store(&one.interest, CTRACE_INTEREST_SOMETIMES);
    atomic_store(&one.enabled, false);
    ctrace_interest_changed(NULL);
    assert_false(is_enabled_here());
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
    assert_false(is_enabled_here());
}

RUN(TEST(answers_are_cached), TEST(arguments_are_evaluated_once_or_never),
    TEST(each_listener_gets_what_it_wants), TEST(asking_without_emitting))

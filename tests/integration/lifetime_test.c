/* How long things live: subscribers, spans and their ancestors' data, whoever holds them and
 * wherever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <string.h>

#include "support/allocator.h"
#include "support/probe.h"
#include "ctrace/testing.h"

static probe one, other;

static void stays_until_the_last_span(void **state) {
    (void)state;
    assert_int_equal(ctrace_set_global(probe_init(&one)), CTRACE_OK);
    {
        TRACE_SPAN("scoped");
        assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
        assert_int_equal(probe_calls(&one, PROBE_FREE), 0);
        TRACE_INFO("nobody hears this");
    }
    assert_int_equal(probe_calls(&one, PROBE_CLOSE), 1);
    assert_int_equal(probe_calls(&one, PROBE_EVENT), 0);
    assert_int_equal(probe_calls(&one, PROBE_FREE), 1);
}

/* The scope ends when the subscriber has no reference left, and the span goes on. */
static void stays_for_a_span_that_outlives_its_scope(void **state) {
    (void)state;
    assert_int_equal(ctrace_set_global(probe_init(&one)), CTRACE_OK);
    ctrace_span *kept;
    {
        TRACE_SPAN_AS(scoped, "scoped", ("text", "kept"));
        kept = ctrace_span_ref(scoped);
        assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
    }
    assert_int_equal(probe_calls(&one, PROBE_EXIT), 1);
    assert_int_equal(probe_calls(&one, PROBE_FREE), 0);
    TRACE_RECORD(kept, ("text", "changed"));
    assert_int_equal(probe_calls(&one, PROBE_RECORD), 1);
    ctrace_span_unref(kept);
    assert_int_equal(probe_calls(&one, PROBE_CLOSE), 1);
    assert_int_equal(probe_calls(&one, PROBE_FREE), 1);
}

static void stays_for_detached_spans(void **state) {
    (void)state;
    assert_int_equal(ctrace_set_global(probe_init(&one)), CTRACE_OK);
    ctrace_span *parent = TRACE_SPAN_NEW("parent");
    ctrace_span *child = TRACE_SPAN_CHILD(parent, "child");
    assert_int_equal(ctrace_replace_global(probe_init(&other)), CTRACE_OK);
    TRACE_IN(child) {
        TRACE_INFO("for the other");
    }
    assert_int_equal(probe_calls(&one, PROBE_ENTER), 1);
    assert_int_equal(probe_calls(&other, PROBE_ENTER), 0);
    assert_int_equal(probe_calls(&other, PROBE_EVENT), 1);
    ctrace_span_unref(parent);
    assert_int_equal(probe_calls(&one, PROBE_CLOSE), 1); /* its own end, before its child's */
    assert_int_equal(probe_calls(&one, PROBE_FREE), 0);
    ctrace_span_unref(child);
    assert_int_equal(probe_calls(&one, PROBE_FREE), 1);
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
    assert_int_equal(probe_calls(&other, PROBE_FREE), 1);
}

/* ---- Ancestors ---- */

static void write_data(probe *self, probe_callback callback, ctrace_span *span) {
    uint64_t *data = span == NULL ? NULL : ctrace_span_data(span, &self->base);
    if (callback == PROBE_NEW) {
        assert_int_equal(*data, 0);
        *data = strlen(ctrace_span_name(span));
    } else if (callback == PROBE_CLOSE || callback == PROBE_EVENT) {
        uint64_t *sum = self->argument;
        for (; span != NULL; span = ctrace_span_parent(span, &self->base)) {
            *sum += *(uint64_t *)ctrace_span_data(span, &self->base) +
                    ctrace_fields_find(ctrace_span_fields(span), "text")->size;
        }
    }
}

static void ancestors_are_readable_to_the_last_child(void **state) {
    (void)state;
    uint64_t sum = 0;
    assert_int_equal(ctrace_set_global(probe_init(&one)), CTRACE_OK);
    one.hook = write_data;
    one.argument = &sum;
    char text[] = "text";
    ctrace_span *a = TRACE_SPAN_NEW("a", ("text", text));
    ctrace_span *ab = TRACE_SPAN_CHILD(a, "ab", ("text", text));
    ctrace_span *abc = TRACE_SPAN_CHILD(ab, "abc", ("text", text));
    memset(text, 0, sizeof text);
    ctrace_span_unref(a);
    assert_int_equal(sum, 1 + 4);
    ctrace_span_unref(ab);
    assert_int_equal(sum, 5 + (1 + 4 + 2 + 4));
    sum = 0;
    TRACE_IN(abc) {
        TRACE_INFO("event");
    }
    ctrace_span_unref(abc);
    assert_int_equal(sum, 2 * (1 + 4 + 2 + 4 + 3 + 4));
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
    assert_int_equal(probe_calls(&one, PROBE_FREE), 1);
}

static void look_at_parents(probe *self, probe_callback callback, ctrace_span *span) {
    (void)callback;
    for (; span != NULL; span = ctrace_span_parent(span, NULL)) {
        *(size_t *)self->argument += strlen(ctrace_span_name(span));
        assert_true(ctrace_span_parent(span, &self->base) == NULL);
    }
}

/* The parent is another subscriber's, which is gone but for what its span's child keeps. */
static void parents_of_another_subscriber(void **state) {
    (void)state;
    size_t looked = 0;
    assert_int_equal(ctrace_set_global(probe_init(&one)), CTRACE_OK);
    ctrace_subscriber *second = probe_init(&other);
    ctrace_span *parent = TRACE_SPAN_NEW("parent"), *child = NULL;
    TRACE_WITH_SUBSCRIBER(second) {
        child = TRACE_SPAN_CHILD(parent, "child");
    }
    ctrace_span_unref(parent);
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
    assert_int_equal(probe_calls(&one, PROBE_CLOSE), 1);
    other.hook = look_at_parents;
    other.argument = &looked;
    TRACE_WITH_SUBSCRIBER(second) {
        TRACE_IN(child) {
            TRACE_INFO("event");
        }
    }
    assert_true(looked >= 11);
    other.hook = NULL;
    ctrace_span_unref(child);
    assert_int_equal(probe_calls(&one, PROBE_FREE), 1);
    ctrace_subscriber_unref(second);
    assert_int_equal(probe_calls(&other, PROBE_FREE), 1);
}

/* ---- References across threads ---- */

enum { THREADS = 4, ROUNDS = 300 };

static void *hold_for_a_while(void *span) {
    for (int i = 0; i < ROUNDS; i++) {
        ctrace_span_ref(span);
        TRACE_IN(span) {
            ctrace_span *child = TRACE_SPAN_NEW("child", ("i", i));
            TRACE_RECORD(span, ("text", "recorded"), ("number", i));
            ctrace_span_unref(child);
        }
        ctrace_span_unref(span);
    }
    ctrace_span_unref(span);
    return NULL;
}

static void read_fields(probe *self, probe_callback callback, ctrace_span *span) {
    (void)callback;
    for (; span != NULL; span = ctrace_span_parent(span, &self->base)) {
        const ctrace_fields *fields = ctrace_span_fields(span);
        for (size_t i = 0; i < ctrace_fields_count(fields); i++) {
            const ctrace_value *value = ctrace_fields_value(fields, i);
            if (value->kind == CTRACE_VALUE_STRING) {
                assert_int_equal(strlen(value->as.string), value->size);
            }
        }
    }
}

/* Recording and reading at once; the scope ends while others still hold its span. */
static void many_threads_share_a_span(void **state) {
    (void)state;
    assert_int_equal(ctrace_set_global(probe_init(&one)), CTRACE_OK);
    one.hook = read_fields;
    pthread_t threads[THREADS];
    {
        TRACE_FN(("n", 1));
        TRACE_SPAN_AS(shared, "shared", ("text", "first"), ("number", TRACE_EMPTY));
        for (int i = 0; i < THREADS; i++) {
            assert_int_equal(
                pthread_create(&threads[i], NULL, hold_for_a_while, ctrace_span_ref(shared)), 0);
        }
        for (int i = 0; i < ROUNDS; i++) {
            TRACE_RECORD(shared, ("number", i), ("text", "again"));
        }
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(probe_calls(&one, PROBE_CLOSE), 2 + THREADS * ROUNDS);
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
    assert_int_equal(probe_calls(&one, PROBE_FREE), 1);
}

static void *emit_below(void *child) {
    for (int i = 0; i < ROUNDS; i++) {
        TRACE_IN(child) {
            TRACE_INFO("event");
        }
    }
    ctrace_span_unref(child);
    return NULL;
}

static int return_a_value(int i) {
    TRACE_FN(("i", i));
    ctrace_span *child = TRACE_SPAN_NEW("child");
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, emit_below, child), 0);
    *(pthread_t *)one.argument = thread;
    TRACE_RETURN(i + 1);
}

/* Nobody gave the function's span away; but its child's thread reads it as an ancestor. */
static void an_ancestor_that_records_while_it_is_read(void **state) {
    (void)state;
    pthread_t thread;
    assert_int_equal(ctrace_set_global(probe_init(&one)), CTRACE_OK);
    one.hook = read_fields;
    one.argument = &thread;
    assert_int_equal(return_a_value(1), 2);
    pthread_join(thread, NULL);
    assert_int_equal(ctrace_shutdown(CTRACE_FOREVER), CTRACE_OK);
}

static void *all_of_it(void *state) {
    many_threads_share_a_span(state);
    stays_for_a_span_that_outlives_its_scope(state);
    parents_of_another_subscriber(state);
    ctrace_flush(CTRACE_FOREVER);
    return NULL;
}

/* On a thread, since a thread keeps blocks for its next spans until it ends. */
static void nothing_is_left(void **state) {
    const size_t alive = allocator_alive();
    for (int i = 0; i < 5; i++) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, all_of_it, state), 0);
        pthread_join(thread, NULL);
    }
    assert_int_equal(allocator_alive(), alive);
}

int main(void) {
    allocator_use();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stays_until_the_last_span),
        cmocka_unit_test(stays_for_a_span_that_outlives_its_scope),
        cmocka_unit_test(stays_for_detached_spans),
        cmocka_unit_test(ancestors_are_readable_to_the_last_child),
        cmocka_unit_test(parents_of_another_subscriber),
        cmocka_unit_test(many_threads_share_a_span),
        cmocka_unit_test(an_ancestor_that_records_while_it_is_read),
        cmocka_unit_test(nothing_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

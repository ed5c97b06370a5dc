/* What programs do wrong is repaired and counted, and never breaks them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <string.h>

#include "ctrace/filter.h"
#include "ctrace/record.h"
#include "support/probe.h"
#include "ctrace/testing.h"

static ctrace_subscriber *seen;
static ctrace_stats before;

static int set_up(void **state) {
    (void)state;
    seen = ctrace_capture_new(NULL);
    before = stats_now();
    return ctrace_set_global(ctrace_subscriber_ref(seen)) != CTRACE_OK;
}

static int tear_down(void **state) {
    (void)state;
    const bool clean = ctrace_span_current() == NULL;
    const bool removed = ctrace_replace_global(NULL) == CTRACE_OK;
    ctrace_subscriber_unref(seen);
    return !(clean && removed);
}

static size_t repaired(void) {
    return stats_now().spans_repaired - before.spans_repaired;
}

static size_t closed(const char *name) {
    return ctrace_capture_count_of(seen, CTRACE_CAPTURED_CLOSE, name);
}

static void exits_out_of_order(void **state) {
    (void)state;
    ctrace_span *one = TRACE_SPAN_NEW("one"), *two = TRACE_SPAN_NEW("two");
    ctrace_span_enter(one);
    ctrace_span_enter(two);
    ctrace_span_exit(one); /* two goes with it */
    assert_int_equal(repaired(), 1);
    assert_null(ctrace_span_current());
    ctrace_span_exit(two);
    ctrace_span_exit(one);
    assert_int_equal(repaired(), 3);
    ctrace_span_unref(two);
    ctrace_span_unref(one);
    CTRACE_ASSERT_COUNT(seen, CTRACE_CAPTURED_EXIT, NULL, 2);
    CTRACE_ASSERT_COUNT(seen, CTRACE_CAPTURED_CLOSE, NULL, 2);
}

static void the_end_of_a_scope_exits_what_is_above(void **state) {
    (void)state;
    ctrace_span *inner = TRACE_SPAN_NEW("inner");
    {
        TRACE_SPAN("outer");
        ctrace_span_enter(inner);
    }
    assert_int_equal(repaired(), 1);
    assert_int_equal(closed("outer"), 1);
    assert_int_equal(closed("inner"), 0); /* ours still */
    ctrace_span_unref(inner);
    assert_int_equal(closed("inner"), 1);
}

static void entered_twice_left_twice(void **state) {
    (void)state;
    ctrace_span *span = TRACE_SPAN_NEW("span");
    ctrace_span_enter(span);
    ctrace_span_enter(span);
    ctrace_span_unref(span);
    ctrace_span_exit(span);
    assert_int_equal(closed("span"), 0);
    ctrace_span_exit(span);
    assert_int_equal(closed("span"), 1);
    assert_int_equal(repaired(), 0);
}

/* ---- longjmp ---- */

static jmp_buf target;

static void jump_out_of_everything(void) {
    TRACE_SPAN("scoped");
    TRACE_FN(("n", 1));
    TRACE_BLOCK("block") {
        ctrace_span *span = TRACE_SPAN_NEW("entered");
        TRACE_ENTER(span);
        ctrace_span_unref(span);
        TRACE_WITH_SUBSCRIBER(NULL) {
            TRACE_SPAN("silent");
            longjmp(target, 1);
        }
    }
}

static void catch_the_jump(void) {
    if (setjmp(target) == 0) {
        jump_out_of_everything();
    }
}

static void jump_over_guards(void **state) {
    (void)state;
    for (int i = 0; i < 20; i++) {
        TRACE_SPAN("outer");
        catch_the_jump();
    }
    TRACE_INFO("heard again");
    assert_int_equal(closed("outer"), 20);
    assert_int_equal(closed("scoped"), 20);
    assert_int_equal(closed("jump_out_of_everything"), 20);
    assert_int_equal(closed("block"), 20);
    assert_int_equal(closed("entered"), 20);
    assert_int_equal(repaired(), 20 * 5);
    CTRACE_ASSERT_NO_SPAN(seen, "silent");
    CTRACE_ASSERT_EVENT_IN(seen, "", "heard again");
}

/* ---- Other threads ---- */

static void run_on_a_thread(void *(*function)(void *), void *argument) {
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, function, argument), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static void *give_back(void *span) {
    TRACE_IN(span) {
        TRACE_INFO("there");
    }
    ctrace_span_unref(span);
    return NULL;
}

static void closed_on_another_thread(void **state) {
    (void)state;
    ctrace_span *span = TRACE_SPAN_NEW("detached");
    run_on_a_thread(give_back, span);
    assert_int_equal(closed("detached"), 1);
    CTRACE_ASSERT_EVENT_IN(seen, "detached", "there");
    assert_int_equal(repaired(), 0);
}

static void *exit_elsewhere(void *span) {
    ctrace_span_exit(span);
    return NULL;
}

static void exited_on_another_thread(void **state) {
    (void)state;
    ctrace_span *span = TRACE_SPAN_NEW("detached");
    ctrace_span_enter(span);
    run_on_a_thread(exit_elsewhere, span);
    assert_int_equal(repaired(), 1);
    assert_ptr_equal(ctrace_span_current(), span);
    ctrace_span_exit(span);
    ctrace_span_unref(span);
    assert_int_equal(closed("detached"), 1);
}

/* As a coroutine does that was moved between threads without a task: the guard's token is ended
 * elsewhere, by what the macros call. */
static void *end_token(void *token) {
    ctrace_i_scope_end(*(const uint64_t *)token);
    return NULL;
}

static void a_scope_ended_on_another_thread(void **state) {
    (void)state;
    TRACE_SPAN_AS(outer, "outer");
    ctrace_span *span = TRACE_SPAN_NEW("moved");
    const uint64_t token = ctrace_i_enter(span);
    run_on_a_thread(end_token, (void *)(uintptr_t)&token);
    assert_int_equal(repaired(), 1);
    {
        TRACE_SPAN("next"); /* our scope looks at what was asked of it */
        CTRACE_ASSERT_SPAN_IN(seen, "outer", "next");
    }
    ctrace_span_unref(span);
    assert_int_equal(closed("moved"), 1);
    assert_ptr_equal(ctrace_span_current(), outer);
    run_on_a_thread(end_token, (void *)(uintptr_t)&token); /* long gone: nothing to do */
    ctrace_i_scope_end(token);
    ctrace_i_scope_end(12345);
    assert_ptr_equal(ctrace_span_current(), outer);
}

/* ---- NULL ---- */

static void null_is_the_disabled_span(void **state) {
    (void)state;
    ctrace_span *none = NULL;
    uint8_t id[16];
    memset(id, 1, sizeof id);
    ctrace_span_enter(none);
    ctrace_span_exit(none);
    assert_null(ctrace_span_ref(none));
    ctrace_span_unref(none);
    ctrace_span *some = TRACE_SPAN_NEW("some");
    ctrace_span_follows(none, some);
    ctrace_span_follows(some, none);
    TRACE_RECORD(none, ("key", 1));
    TRACE_ENTER(none);
    TRACE_IN(none) {
        TRACE_INFO("inside");
    }
    ctrace_span *root = TRACE_SPAN_CHILD(none, "child of nobody");
    assert_null(ctrace_span_parent(root, NULL));
    ctrace_span_unref(root);
    assert_int_equal(ctrace_span_id(none), 0);
    ctrace_span_trace_id(none, id);
    assert_int_equal(id[0] | id[15], 0);
    assert_null(ctrace_span_parent(none, NULL));
    assert_null(ctrace_span_site(none));
    assert_string_equal(ctrace_span_name(none), "");
    assert_int_equal(ctrace_fields_count(ctrace_span_fields(none)), 0);
    assert_null(ctrace_span_data(none, seen));
    assert_null(ctrace_span_data(some, NULL));
    ctrace_span_unref(some);
}

static void null_elsewhere(void **state) {
    (void)state;
    ctrace_stats_get(NULL, sizeof(ctrace_stats));
    ctrace_stats_get(&before, 0);
    assert_null(ctrace_subscriber_ref(NULL));
    ctrace_subscriber_unref(NULL);
    ctrace_interest_changed(NULL);
    assert_int_equal(ctrace_set_global(NULL), CTRACE_EINVAL);
    assert_int_equal(ctrace_recording_read(NULL), CTRACE_EINVAL);
    assert_false(ctrace_recording_is_live(NULL));
    ctrace_recording_close(NULL);
    assert_string_not_equal(ctrace_last_error(), "");
    assert_int_equal(ctrace_forward_flush(NULL, 0), CTRACE_OK);
    ctrace_forward_event(NULL, NULL, NULL);
    ctrace_forward_span_new(NULL, NULL, NULL);
    ctrace_forward_span_record(NULL, NULL, NULL, NULL);
    ctrace_forward_span_follows(NULL, NULL, NULL, NULL);
    ctrace_forward_span_enter(NULL, NULL, NULL);
    ctrace_forward_span_exit(NULL, NULL, NULL);
    ctrace_forward_span_close(NULL, NULL, NULL);
    assert_false(ctrace_forward_is_enabled(NULL, NULL));
    assert_int_equal(ctrace_forward_callsite(NULL, NULL), CTRACE_INTEREST_NEVER);
    assert_int_equal(ctrace_fields_count(NULL), 0);
    assert_null(ctrace_fields_key(NULL, 0));
    assert_null(ctrace_fields_value(NULL, 0));
    assert_null(ctrace_fields_find(NULL, "key"));
    assert_int_equal(ctrace_value_text(NULL, NULL, 0), 0);
    ctrace_buf_put(NULL, "x", 1);
    ctrace_buf_printf(NULL, "x");
    ctrace_buf_clear(NULL);
    ctrace_buf_free(NULL);
    assert_null(ctrace_buf_bytes(NULL, NULL));
    ctrace_callsites_each(NULL, NULL);
    TRACE_INFO("text", ("none", (const char *)NULL), ("bytes", TRACE_BYTES(NULL, 5)),
               ("strn", TRACE_STRN(NULL, 5)), ("pointer", (void *)NULL),
               ("lazy", TRACE_LAZY(NULL, NULL)));
    CTRACE_ASSERT_EVENT(seen, "text", ("none", (const char *)NULL), ("pointer", (void *)NULL),
                        ("strn", (const char *)NULL), ("lazy", ""));
}

#define WITH_LISTENER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_LISTENER(exits_out_of_order),
        WITH_LISTENER(the_end_of_a_scope_exits_what_is_above),
        WITH_LISTENER(entered_twice_left_twice),
        WITH_LISTENER(jump_over_guards),
        WITH_LISTENER(closed_on_another_thread),
        WITH_LISTENER(exited_on_another_thread),
        WITH_LISTENER(a_scope_ended_on_another_thread),
        WITH_LISTENER(null_is_the_disabled_span),
        WITH_LISTENER(null_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

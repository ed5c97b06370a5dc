/* The capturing subscriber keeps what happens; its assertions hold, and fail when they should. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctrace/testing.h"

static ctrace_subscriber *seen;

static int set_up(void **state) {
    (void)state;
    seen = ctrace_capture_new(NULL);
    return seen == NULL;
}

static int tear_down(void **state) {
    (void)state;
    ctrace_subscriber_unref(seen);
    return 0;
}

static void serve(int status) {
    TRACE_SPAN_AS(request, "request", ("path", "/x"), ("status", TRACE_EMPTY));
    TRACE_BLOCK("query", ("table", "users")) {
        TRACE_WARN("slow query", ("rows", 3), ("took", TRACE_NS(1500)));
    }
    TRACE_RECORD(request, ("status", status));
}

static void keeps_everything_in_order(void **state) {
    (void)state;
    TRACE_WITH_SUBSCRIBER(seen) {
        serve(200);
    }
    ctrace_buf *text = ctrace_buf_new();
    ctrace_capture_put(text, seen);
    assert_string_equal(
        ctrace_buf_bytes(text, NULL),
        "new     INFO  testing_test.c: request path=\"/x\"\n"
        "enter   INFO  testing_test.c: request\n"
        "new     INFO  testing_test.c: request: query table=\"users\"\n"
        "enter   INFO  testing_test.c: request: query\n"
        "event   WARN  testing_test.c: request:query: slow query rows=3 took=1.5µs\n"
        "exit    INFO  testing_test.c: request: query\n"
        "close   INFO  testing_test.c: request: query\n"
        "record  INFO  testing_test.c: request status=200\n"
        "exit    INFO  testing_test.c: request\n"
        "close   INFO  testing_test.c: request\n");
    ctrace_buf_free(text);
}

static void says_who_when_and_where(void **state) {
    (void)state;
    TRACE_WITH_SUBSCRIBER(seen) {
        serve(200);
    }
    const ctrace_captured *outer = ctrace_capture_find(seen, CTRACE_CAPTURED_NEW, "request", NULL);
    const ctrace_captured *inner = ctrace_capture_find(seen, CTRACE_CAPTURED_NEW, "query", NULL);
    const ctrace_captured *event =
        ctrace_capture_find(seen, CTRACE_CAPTURED_EVENT, "slow query", NULL);
    assert_int_not_equal(outer->span_id, 0);
    assert_int_equal(outer->parent_id, 0);
    assert_int_equal(inner->parent_id, outer->span_id);
    assert_int_equal(event->span_id, inner->span_id);
    assert_memory_equal(event->trace_id, outer->trace_id, 16);
    assert_int_equal(event->level, CTRACE_LEVEL_WARN);
    assert_string_equal(event->target, "testing_test.c");
    assert_int_equal(event->thread_id, gettid());
    assert_true(event->monotonic_ns >= outer->monotonic_ns && event->time_ns != 0);
    assert_int_equal(ctrace_fields_find(event->fields, "rows")->as.i64, 3);
    assert_null(ctrace_capture_find(seen, CTRACE_CAPTURED_EVENT, "slow query", event));
}

static void fields_outlive_what_they_were_made_from(void **state) {
    (void)state;
    char text[] = "before", message[] = "m";
    TRACE_WITH_SUBSCRIBER(seen) {
        TRACE_INFO("kept", ("text", text), ("bytes", TRACE_BYTES(message, 1)));
        TRACE_INFOF("formatted %s", text);
    }
    memset(text, 'x', sizeof text - 1);
    message[0] = 'x';
    CTRACE_ASSERT_EVENT(seen, "kept", ("text", "before"), ("bytes", TRACE_BYTES("m", 1)));
    CTRACE_ASSERT_EVENT(seen, "formatted before");
}

static void assertions_that_hold(void **state) {
    (void)state;
    TRACE_WITH_SUBSCRIBER(seen) {
        serve(200);
        TRACE_INFO("alone", ("flag", TRACE_BOOL(1)), ("ratio", 0.5), ("none", (char *)NULL));
    }
    CTRACE_ASSERT_EVENT(seen, "slow query");
    CTRACE_ASSERT_EVENT(seen, "slow query", ("rows", (uint8_t)3), ("took", 1500));
    CTRACE_ASSERT_EVENT_IN(seen, "query", "slow query");
    CTRACE_ASSERT_EVENT_IN(seen, "request:query", "slow query", ("rows", 3));
    CTRACE_ASSERT_EVENT_IN(seen, "", "alone", ("flag", 1), ("ratio", 0.5), ("none", (char *)NULL));
    CTRACE_ASSERT_NO_EVENT(seen, "slow query", ("rows", 4));
    CTRACE_ASSERT_NO_EVENT(seen, "retrying");
    CTRACE_ASSERT_SPAN(seen, "request", ("path", "/x"), ("status", 200));
    CTRACE_ASSERT_SPAN_IN(seen, "request", "query", ("table", "users"));
    CTRACE_ASSERT_NO_SPAN(seen, "request", ("status", 500));
    CTRACE_ASSERT_COUNT(seen, CTRACE_CAPTURED_ENTER, NULL, 2);
    CTRACE_ASSERT_COUNT(NULL, CTRACE_CAPTURED_ANY, NULL, 0);
}

static int failures;
static void note_failure(const char *file, int line) {
    assert_string_equal(file, __FILE__);
    assert_true(line > 0);
    failures += 1;
}

/* What is said goes to a file for the while. */
static void assertions_that_fail(void **state) {
    (void)state;
    TRACE_WITH_SUBSCRIBER(seen) {
        serve(200);
    }
    FILE *said = tmpfile();
    const int before = dup(STDERR_FILENO);
    dup2(fileno(said), STDERR_FILENO);
    ctrace_capture_on_failure(note_failure);
    failures = 0;
    CTRACE_ASSERT_EVENT(seen, "slow query", ("rows", 4));
    CTRACE_ASSERT_EVENT(seen, "slow query", ("rows", "3"));
    CTRACE_ASSERT_EVENT(seen, "slow query", ("colour", 3));
    CTRACE_ASSERT_EVENT(seen, "slow");
    CTRACE_ASSERT_EVENT(NULL, "slow query");
    CTRACE_ASSERT_EVENT_IN(seen, "uery", "slow query");
    CTRACE_ASSERT_EVENT_IN(seen, "", "slow query");
    CTRACE_ASSERT_NO_EVENT(seen, "slow query");
    CTRACE_ASSERT_SPAN(seen, "request", ("status", 404));
    CTRACE_ASSERT_NO_SPAN(seen, "query");
    CTRACE_ASSERT_COUNT(seen, CTRACE_CAPTURED_CLOSE, NULL, 3);
    ctrace_capture_on_failure(NULL);
    dup2(before, STDERR_FILENO);
    close(before);
    assert_int_equal(failures, 11);
    char text[512] = "";
    rewind(said);
    assert_true(fread(text, 1, sizeof text - 1, said) > 0);
    fclose(said);
    assert_non_null(
        strstr(text, "nobody captured the event \"slow query\" with rows=4. There was:\n"));
    assert_non_null(strstr(text, "request:query: slow query rows=3"));
}

static void options_choose(void **state) {
    (void)state;
    const ctrace_capture_options options = {
        .level = CTRACE_LEVEL_INFO, .target = "testing", .events_only = true, .max_captured = 2};
    ctrace_subscriber *few = ctrace_capture_new(&options);
    TRACE_WITH_SUBSCRIBER(few) {
        TRACE_SPAN("unseen");
        TRACE_DEBUG("too detailed");
        TRACE_INFO("one");
        TRACE_INFO("two");
        TRACE_INFO("three");
    }
    CTRACE_ASSERT_COUNT(few, CTRACE_CAPTURED_ANY, NULL, 2);
    CTRACE_ASSERT_EVENT_IN(few, "", "one");
    CTRACE_ASSERT_EVENT(few, "two");
    assert_int_equal(ctrace_capture_lost(few), 1);
    ctrace_capture_clear(few);
    assert_int_equal(ctrace_capture_count(few), 0);
    assert_null(ctrace_capture_at(few, 0));
    ctrace_subscriber_unref(few);
    ctrace_subscriber *other = ctrace_capture_new(&(ctrace_capture_options){.target = "shop"});
    TRACE_WITH_SUBSCRIBER(other) {
        TRACE_ERROR("elsewhere");
    }
    assert_int_equal(ctrace_capture_count(other), 0);
    ctrace_subscriber_unref(other);
}

static void *emit_many(void *argument) {
    for (int i = 0; i < 500; i++) {
        TRACE_SPAN("work", ("i", i));
        TRACE_INFO("step", ("i", i), ("who", (const char *)argument));
    }
    return NULL;
}

static void many_threads_and_a_waiting_one(void **state) {
    (void)state;
    assert_int_equal(ctrace_replace_global(ctrace_subscriber_ref(seen)), CTRACE_OK);
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, emit_many, "thread"), 0);
    }
    assert_true(ctrace_capture_wait(seen, CTRACE_CAPTURED_EVENT, "step", 2000, CTRACE_FOREVER));
    CTRACE_ASSERT_EVENT_IN(seen, "work", "step", ("i", 499), ("who", "thread"));
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(ctrace_capture_count_of(seen, CTRACE_CAPTURED_CLOSE, "work"), 2000);
    assert_false(ctrace_capture_wait(seen, CTRACE_CAPTURED_ANY, NULL, 1000000, 0));
    assert_false(ctrace_capture_wait(NULL, CTRACE_CAPTURED_ANY, NULL, 1, 0));
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keeps_everything_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(says_who_when_and_where, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fields_outlive_what_they_were_made_from, set_up, tear_down),
        cmocka_unit_test_setup_teardown(assertions_that_hold, set_up, tear_down),
        cmocka_unit_test_setup_teardown(assertions_that_fail, set_up, tear_down),
        cmocka_unit_test(options_choose),
        cmocka_unit_test_setup_teardown(many_threads_and_a_waiting_one, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

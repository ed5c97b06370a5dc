#include "support/test.h"

#include <stdio.h>
#include <string.h>

#include "ctrace/testing.h"
#include "support/allocator.h"
#include "support/probe.h"

static ctrace_subscriber *seen;

static const ctrace_value *field(const ctrace_span *span, const char *key) {
    return ctrace_fields_find(ctrace_span_fields(span), key);
}

static void declared_fields_get_values(void **state) {
    (void)state;
    const ctrace_stats before = stats_now();
    TRACE_SPAN_AS(span, "span", ("n", 1), ("text", TRACE_EMPTY), ("twice", 1), ("twice", 2));
    TRACE_RECORD(span, ("text", "one"), ("unknown", 1), ("n", "now a text"), ("twice", 3));
    assert_string_equal(field(span, "text")->as.string, "one");
    assert_string_equal(field(span, "n")->as.string, "now a text");
    assert_int_equal(ctrace_fields_value(ctrace_span_fields(span), 2)->as.i64, 1);
    assert_int_equal(field(span, "twice")->as.i64, 3);
    assert_int_equal(stats_now().undeclared_fields - before.undeclared_fields, 1);
    const ctrace_captured *told = ctrace_capture_find(seen, CTRACE_CAPTURED_RECORD, "span", NULL);
    assert_string_equal(told->text, "text=\"one\" n=\"now a text\" twice=3");
    TRACE_RECORD(span, ("unknown", 1)); /* nothing to tell */
    CTRACE_ASSERT_COUNT(seen, CTRACE_CAPTURED_RECORD, NULL, 1);
}

static void what_was_recorded_is_a_copy(void **state) {
    (void)state;
    char text[] = "before";
    TRACE_SPAN_AS(span, "span", ("text", TRACE_EMPTY), ("bytes", TRACE_EMPTY));
    TRACE_RECORD(span, ("text", text), ("bytes", TRACE_BYTES(text, 2)));
    memset(text, 'x', sizeof text - 1);
    assert_string_equal(field(span, "text")->as.string, "before");
    assert_memory_equal(field(span, "bytes")->as.pointer, "be", 2);
}

/* What somebody may still read is kept, but not for ever. */
static void recording_for_ever_needs_no_more_memory(void **state) {
    (void)state;
    ctrace_span *span = TRACE_SPAN_NEW("long", ("i", 0), ("text", TRACE_EMPTY));
    size_t alive = 0;
    for (int i = 0; i < 2000; i++) {
        char text[32];
        snprintf(text, sizeof text, "number %d", i);
        TRACE_WITH_SUBSCRIBER(NULL) {
            ctrace_capture_clear(seen);
            TRACE_RECORD(span, ("i", i), ("text", text));
        }
        ctrace_capture_clear(seen);
        alive = i == 1000 ? allocator_alive() : alive;
        assert_string_equal(field(span, "text")->as.string, text);
    }
    assert_true(allocator_alive() <= alive + 20);
    ctrace_span_unref(span);
}

static int return_it(int n) {
    TRACE_FN(("n", n));
    TRACE_RETURN(n * 2);
}

static const char *return_text(void) {
    TRACE_FN();
    TRACE_RETURN("a text");
}

static void functions_record_what_they_return(void **state) {
    (void)state;
    int n = 20;
    assert_int_equal(return_it(++n), 42);
    assert_string_equal(return_text(), "a text");
    CTRACE_ASSERT_SPAN(seen, "return_it", ("n", 21), ("return", 42));
    CTRACE_ASSERT_SPAN(seen, "return_text", ("return", "a text"));
}

static int written;

static void write_lazily(ctrace_buf *out, const void *object) {
    written += 1;
    ctrace_buf_printf(out, "<%s>", (const char *)object);
}

static void lazy_texts_are_written_once_or_never(void **state) {
    (void)state;
    written = 0;
    TRACE_WITH_SUBSCRIBER(NULL) {
        TRACE_SPAN("nobody", ("text", TRACE_LAZY(write_lazily, "x")));
        TRACE_INFO("nobody", ("text", TRACE_LAZY(write_lazily, "x")));
    }
    assert_int_equal(written, 0);
    TRACE_SPAN_AS(span, "span", ("text", TRACE_LAZY(write_lazily, "one")), ("n", TRACE_EMPTY));
    assert_int_equal(written, 1);
    TRACE_RECORD(span, ("n", TRACE_LAZY(write_lazily, "two")));
    assert_int_equal(written, 2);
    TRACE_INFO("event", ("text", TRACE_LAZY(write_lazily, "three")));
    assert_int_equal(written, 3);
    assert_string_equal(field(span, "text")->as.string, "<one>");
    CTRACE_ASSERT_SPAN(seen, "span", ("text", "<one>"), ("n", "<two>"));
    CTRACE_ASSERT_EVENT(seen, "event", ("text", "<three>"));
}

static void without_memory_values_are_lost_and_counted(void **state) {
    (void)state;
    TRACE_SPAN_AS(span, "span", ("text", "before"), ("n", 1));
    const ctrace_stats before = stats_now();
    allocator_fail_from(1);
    TRACE_RECORD(span, ("text", "a text"), ("n", 2));
    allocator_fail_at(0);
    assert_int_equal(stats_now().values_lost - before.values_lost, 2);
    assert_string_equal(field(span, "text")->as.string, "before");
    assert_int_equal(field(span, "n")->as.i64, 1);
}

static int with_listener(void **state) {
    (void)state;
    seen = ctrace_capture_new(NULL);
    return ctrace_set_global(ctrace_subscriber_ref(seen)) != CTRACE_OK;
}

static int without_listener(void **state) {
    (void)state;
    ctrace_subscriber_unref(seen);
    return ctrace_replace_global(NULL) != CTRACE_OK;
}

#define LISTENING(test) cmocka_unit_test_setup_teardown(test, with_listener, without_listener)

int main(void) {
    allocator_use();
    const struct CMUnitTest tests[] = {
        LISTENING(declared_fields_get_values),
        LISTENING(what_was_recorded_is_a_copy),
        LISTENING(recording_for_ever_needs_no_more_memory),
        LISTENING(functions_record_what_they_return),
        LISTENING(lazy_texts_are_written_once_or_never),
        LISTENING(without_memory_values_are_lost_and_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Subscribers that use the library from inside their own callbacks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/probe.h"
#include "ctrace/testing.h"

static probe self;

static void use_every_callback(void) {
    TRACE_SPAN_AS(span, "span", ("late", TRACE_EMPTY));
    TRACE_RECORD(span, ("late", 1));
    ctrace_span *other = TRACE_SPAN_NEW("other");
    ctrace_span_follows(other, span);
    TRACE_IN(other) {
        TRACE_INFO("event");
    }
    ctrace_span_unref(other);
}

/* ---- Emitting ---- */

static void emit_inside(probe *from, probe_callback callback, ctrace_span *span) {
    (void)from;
    (void)callback;
    TRACE_SPAN("inside");
    TRACE_INFO("inside");
    TRACE_INFOF("inside %d", 1);
    TRACE_FN();
    ctrace_span_unref(TRACE_SPAN_NEW("inside"));
    if (span != NULL) {
        TRACE_RECORD(span, ("late", 2));
    }
}

static void what_a_callback_emits_is_dropped(void **state) {
    (void)state;
    ctrace_subscriber *subscriber = probe_init(&self);
    self.hook = emit_inside;
    const ctrace_stats before = stats_now();
    assert_int_equal(ctrace_set_global(subscriber), CTRACE_OK);
    for (int i = 0; i < 3; i++) {
        use_every_callback();
    }
    ctrace_interest_changed(subscriber);
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
    assert_int_equal(probe_calls(&self, PROBE_NEW), 6);
    assert_int_equal(probe_calls(&self, PROBE_RECORD), 3);
    assert_int_equal(probe_calls(&self, PROBE_FOLLOWS), 3);
    assert_int_equal(probe_calls(&self, PROBE_ENTER), 6);
    assert_int_equal(probe_calls(&self, PROBE_EXIT), 6);
    assert_int_equal(probe_calls(&self, PROBE_CLOSE), 6);
    assert_int_equal(probe_calls(&self, PROBE_EVENT), 3);
    assert_int_equal(probe_calls(&self, PROBE_FREE), 1);
    const ctrace_stats after = stats_now();
    assert_true(after.reentrant_events - before.reentrant_events >= 33u * 5);
    assert_int_equal(after.events_lost, before.events_lost);
    assert_int_equal(after.spans_lost, before.spans_lost);
    assert_null(ctrace_span_current());
}

/* ---- Listening and not ---- */

static probe next;

static void replace_inside(probe *from, probe_callback callback, ctrace_span *span) {
    (void)span;
    if (callback == *(const probe_callback *)from->argument) {
        from->hook = NULL;
        assert_int_equal(ctrace_replace_global(probe_init(&next)), CTRACE_OK);
    }
}

/* Its last reference goes while it runs: it is freed later, once. */
static void a_subscriber_that_replaces_itself(void **state) {
    (void)state;
    for (probe_callback at = PROBE_NEW; at <= PROBE_EVENT; at++) {
        ctrace_subscriber *subscriber = probe_init(&self);
        self.hook = replace_inside;
        self.argument = &at;
        assert_int_equal(ctrace_set_global(subscriber), CTRACE_OK);
        use_every_callback();
        use_every_callback();
        assert_int_equal(ctrace_shutdown(CTRACE_FOREVER), CTRACE_OK);
        assert_true(probe_calls(&self, at) >= 1);
        assert_int_equal(probe_calls(&self, PROBE_FREE), 1);
        assert_int_equal(probe_calls(&next, PROBE_FREE), 1);
        assert_false(atomic_load(&self.freed_too_soon));
        assert_int_equal(probe_calls(&self, PROBE_NEW), probe_calls(&self, PROBE_CLOSE));
        assert_int_equal(probe_calls(&next, PROBE_NEW), probe_calls(&next, PROBE_CLOSE));
        assert_true(probe_calls(&next, PROBE_NEW) >= 2);
    }
}

static void change_from_on_callsite(probe *from, probe_callback callback, ctrace_span *span) {
    (void)span;
    if (callback == PROBE_CALLSITE) {
        from->hook = NULL;
        ctrace_interest_changed(&from->base);
        assert_int_equal(ctrace_replace_global(NULL), CTRACE_EINVAL);
        from->argument = NULL; /* seen */
    }
}

static void on_callsite_cannot_change_who_listens(void **state) {
    (void)state;
    ctrace_subscriber *subscriber = probe_init(&self);
    self.hook = change_from_on_callsite;
    self.argument = &self;
    assert_int_equal(ctrace_set_global(subscriber), CTRACE_OK);
    assert_null(self.argument);
    use_every_callback();
    assert_int_equal(probe_calls(&self, PROBE_EVENT), 1);
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
    assert_int_equal(probe_calls(&self, PROBE_FREE), 1);
}

/* ---- Spans ---- */

static void keep_the_span(probe *from, probe_callback callback, ctrace_span *span) {
    if (callback == PROBE_EXIT && from->argument == NULL) {
        from->argument = ctrace_span_ref(span);
    }
}

/* A reference that on_span_exit takes keeps the span open. */
static void a_span_kept_as_it_is_left(void **state) {
    (void)state;
    ctrace_subscriber *subscriber = probe_init(&self);
    self.hook = keep_the_span;
    assert_int_equal(ctrace_set_global(subscriber), CTRACE_OK);
    { TRACE_SPAN("kept", ("text", "still here")); }
    assert_int_equal(probe_calls(&self, PROBE_CLOSE), 0);
    ctrace_span *kept = self.argument;
    TRACE_BLOCK("another") {
        TRACE_INFO("event");
    }
    assert_string_equal(ctrace_fields_find(ctrace_span_fields(kept), "text")->as.string,
                        "still here");
    ctrace_span_unref(kept);
    assert_int_equal(probe_calls(&self, PROBE_CLOSE), 2);
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
    assert_int_equal(probe_calls(&self, PROBE_FREE), 1);
}

static void exit_the_outer(probe *from, probe_callback callback, ctrace_span *span) {
    ctrace_span *outer = from->argument;
    if (callback == PROBE_EXIT && span != outer && outer != NULL) {
        from->argument = NULL;
        ctrace_span_exit(outer);
    }
}

static void a_callback_that_exits_further_spans(void **state) {
    (void)state;
    ctrace_subscriber *subscriber = probe_init(&self);
    self.hook = exit_the_outer;
    assert_int_equal(ctrace_set_global(subscriber), CTRACE_OK);
    ctrace_span *outer = TRACE_SPAN_NEW("outer"), *inner = TRACE_SPAN_NEW("inner");
    self.argument = outer;
    ctrace_span_enter(outer);
    ctrace_span_enter(inner);
    ctrace_span_exit(inner);
    assert_null(ctrace_span_current());
    ctrace_span_enter(outer); /* and so on a whole stack at once */
    ctrace_span_enter(inner);
    ctrace_span_enter(inner);
    self.argument = outer;
    ctrace_span_exit(outer);
    assert_null(ctrace_span_current());
    ctrace_span_unref(inner);
    ctrace_span_unref(outer);
    assert_int_equal(probe_calls(&self, PROBE_CLOSE), 2);
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_callback_emits_is_dropped),
        cmocka_unit_test(a_subscriber_that_replaces_itself),
        cmocka_unit_test(on_callsite_cannot_change_who_listens),
        cmocka_unit_test(a_span_kept_as_it_is_left),
        cmocka_unit_test(a_callback_that_exits_further_spans),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

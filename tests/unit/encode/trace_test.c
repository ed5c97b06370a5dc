#define TRACE_TARGET "shop::db"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "support/probe.h"
#include "support/sink_output.h"

static const char expected[] = "query{table=\"users\" took=1.5ms} at shop/db.c:11\n"
                               "request\\n{path=\"/x\"} at shop/db.c:10\n";

#line 9 "shop/db.c"
static void ask(char *text, size_t size, size_t *ret_whole) {
    TRACE_SPAN("request\n", ("path", "/x"), ("status", TRACE_EMPTY));
    TRACE_SPAN("query", ("table", "users"), ("took", TRACE_NS(1500000)));
    *ret_whole = ctrace_span_trace(text, size);
}
#line 30 "trace_test.c"

static void innermost_first(void **state) {
    (void)state;
    sink_output output = sink_output_text(NULL);
    char text[256];
    size_t whole;
    TRACE_WITH_SUBSCRIBER(output.sink) {
        ask(text, sizeof text, &whole);
    }
    assert_string_equal(text, expected);
    assert_int_equal(whole, strlen(expected));
    sink_output_end(&output);
}

static void cut_as_snprintf_does(void **state) {
    (void)state;
    sink_output output = sink_output_text(NULL);
    char text[8] = "xxxxxxx";
    size_t whole;
    TRACE_WITH_SUBSCRIBER(output.sink) {
        ask(text, 6, &whole);
    }
    assert_string_equal(text, "query");
    assert_int_equal(text[6], 'x');
    assert_int_equal(whole, strlen(expected));
    TRACE_WITH_SUBSCRIBER(output.sink) {
        ask(NULL, 0, &whole);
    }
    assert_int_equal(whole, strlen(expected));
    sink_output_end(&output);
}

static void nothing_outside_spans(void **state) {
    (void)state;
    char text[8] = "xxxxxxx";
    assert_int_equal(ctrace_span_trace(text, sizeof text), 0);
    assert_string_equal(text, "");
}

static void ask_from_callback(probe *self, probe_callback callback, ctrace_span *span) {
    (void)span;
    if (callback == PROBE_EVENT) {
        ctrace_span_trace(self->argument, 64);
    }
}

static void inside_a_callback(void **state) {
    (void)state;
    static probe self;
    char text[64] = "";
    ctrace_subscriber *subscriber = probe_init(&self);
    self.hook = ask_from_callback;
    self.argument = text;
    TRACE_WITH_SUBSCRIBER(subscriber) {
        TRACE_SPAN("one");
        TRACE_INFO("now");
    }
    assert_memory_equal(text, "one at ", 7);
    ctrace_subscriber_unref(subscriber);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(innermost_first),
        cmocka_unit_test(cut_as_snprintf_does),
        cmocka_unit_test(nothing_outside_spans),
        cmocka_unit_test(inside_a_callback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "support/test.h"

#include <stdlib.h>
#include <string.h>

#include "core/span.h"
#include "ctrace/trace.h"
#include "support/probe.h"

static probe listener;
static ctrace_subscriber *self;

static void values_are_copied_once(void **state) {
    (void)state;
    char text[] = "text", bytes[] = {1, 2, 3};
    TRACE_WITH_SUBSCRIBER(self) {
        TRACE_SPAN_AS(span, "span", ("text", text), ("bytes", TRACE_BYTES(bytes, 3)),
                      ("none", (const char *)NULL), ("empty", ""), ("n", -1));
        memset(text, 'x', 4);
        bytes[0] = 9;
        const ctrace_fields *fields = ctrace_span_fields(span);
        assert_string_equal(ctrace_fields_find(fields, "text")->as.string, "text");
        assert_int_equal(ctrace_fields_find(fields, "text")->size, 4);
        assert_memory_equal(ctrace_fields_find(fields, "bytes")->as.pointer, "\1\2\3", 3);
        assert_null(ctrace_fields_find(fields, "none")->as.string);
        assert_string_equal(ctrace_fields_find(fields, "empty")->as.string, "");
        assert_int_equal(ctrace_fields_find(fields, "n")->as.i64, -1);
    }
}

static void texts_of_every_size(void **state) {
    (void)state;
    char *text = malloc(1 << 20);
    for (size_t size = 0; size < (1 << 20); size = size < 600 ? size + 1 : size * 2) {
        memset(text, 'x', size);
        text[size] = '\0';
        TRACE_WITH_SUBSCRIBER(self) {
            TRACE_SPAN_AS(span, "span", ("one", text), ("two", text), ("n", size));
            const ctrace_fields *fields = ctrace_span_fields(span);
            assert_int_equal(ctrace_fields_value(fields, 0)->size, size);
            assert_string_equal(ctrace_fields_value(fields, 1)->as.string, text);
            assert_int_equal(ctrace_fields_value(fields, 2)->as.u64, size);
            assert_int_equal(*(uint64_t *)ctrace_span_data(span, self), 0);
            memset(ctrace_span_data(span, self), 0xff, sizeof(uint64_t)); /* for the next one */
        }
    }
    free(text);
}

/* What fits into the smallest block to the last byte, and what does not. */
static void numbers_up_to_the_end_of_a_block(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++) {
        TRACE_WITH_SUBSCRIBER(self) {
            TRACE_SPAN_AS(seven, "7", ("a", 1), ("b", 2), ("c", 3), ("d", 4), ("e", 5), ("f", 6),
                          ("g", 7));
            TRACE_SPAN_AS(eight, "8", ("a", 1), ("b", 2), ("c", 3), ("d", 4), ("e", 5), ("f", 6),
                          ("g", 7), ("h", 8));
            TRACE_SPAN_AS(nine, "9", ("a", 1), ("b", 2), ("c", 3), ("d", 4), ("e", 5), ("f", 6),
                          ("g", 7), ("h", 8), ("i", 9));
            ctrace_span *spans[] = {seven, eight, nine};
            for (size_t j = 0; j < 3; j++) {
                uint64_t *data = ctrace_span_data(spans[j], self);
                assert_int_equal(*data, 0);
                *data = UINT64_MAX; /* for the next one */
                for (uint32_t k = 0; k < 7 + j; k++) {
                    assert_int_equal(ctrace_fields_value(ctrace_span_fields(spans[j]), k)->as.i64,
                                     k + 1);
                }
            }
        }
    }
}

static void parents_and_roots(void **state) {
    (void)state;
    TRACE_WITH_SUBSCRIBER(self) {
        TRACE_SPAN_AS(outer, "outer");
        TRACE_SPAN_AS(inner, "inner");
        assert_ptr_equal(ctrace_span_parent(inner, NULL), outer);
        assert_ptr_equal(ctrace_span_parent(inner, self), outer);
        assert_null(ctrace_span_parent(outer, NULL));
        ctrace_span *current = TRACE_SPAN_NEW("here"), *root = TRACE_SPAN_ROOT("root");
        ctrace_span *child = TRACE_SPAN_CHILD(outer, "child");
        ctrace_span *orphan = TRACE_SPAN_CHILD(NULL, "orphan");
        assert_ptr_equal(ctrace_span_parent(current, NULL), inner);
        assert_null(ctrace_span_parent(root, NULL));
        assert_ptr_equal(ctrace_span_parent(child, NULL), outer);
        assert_null(ctrace_span_parent(orphan, NULL));
        assert_ptr_equal(ctrace_span_current(), inner); /* none of them is entered */
        ctrace_span_unref(current);
        ctrace_span_unref(root);
        ctrace_span_unref(child);
        ctrace_span_unref(orphan);
    }
}

/* More of them than bits in a word. */
static void which_nodes_saw_a_span(void **state) {
    (void)state;
    const uint32_t nodes[] = {0, 1, 63, 64, 65, 127, 128, 191};
    uint64_t memory[40] = {0};
    ctrace_span *span = (ctrace_span *)(void *)memory;
    span->data = (char *)&memory[39];
    for (size_t i = 0; i < 8; i++) {
        assert_false(cti_span_seen(span, nodes[i]));
        cti_span_set_seen(span, nodes[i]);
        assert_true(cti_span_seen(span, nodes[i]));
    }
    assert_false(cti_span_seen(span, 2) || cti_span_seen(span, 66) || cti_span_seen(span, 129));
}

static void who_follows_whom(void **state) {
    (void)state;
    TRACE_WITH_SUBSCRIBER(self) {
        ctrace_span *cause = TRACE_SPAN_NEW("cause"), *effect = TRACE_SPAN_NEW("effect");
        const size_t before = probe_calls(&listener, PROBE_FOLLOWS);
        ctrace_span_follows(effect, cause);
        assert_int_equal(probe_calls(&listener, PROBE_FOLLOWS), before + 1);
        ctrace_span_unref(cause);
        ctrace_span_unref(effect);
    }
}

static void what_is_opened_is_closed(void **state) {
    (void)state;
    assert_int_equal(probe_calls(&listener, PROBE_NEW), probe_calls(&listener, PROBE_CLOSE));
    assert_int_equal(probe_calls(&listener, PROBE_ENTER), probe_calls(&listener, PROBE_EXIT));
    ctrace_subscriber_unref(self);
    assert_int_equal(probe_calls(&listener, PROBE_FREE), 1);
}

int main(void) {
    self = probe_init(&listener);
    const struct CMUnitTest tests[] = {
        TEST(values_are_copied_once),           TEST(texts_of_every_size),
        TEST(numbers_up_to_the_end_of_a_block), TEST(parents_and_roots),
        TEST(which_nodes_saw_a_span),           TEST(who_follows_whom),
        TEST(what_is_opened_is_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "support/test.h"

#include "core/span.h"
#include "core/value.h"
#include "ctrace/testing.h"
#include "support/probe.h"

static void fields_by_place_and_by_key(void **state) {
    (void)state;
    static const char *const keys[] = {"a", "b", "a"};
    ctrace_value values[] = {ctrace_i_box_i64(1), ctrace_i_box_string((const char *)state),
                             ctrace_i_box_i64(3)};
    char text[] = "text"; /* not measured by the macros */
    values[1].as.string = text;
    values[1].size = CTRACE_I_UNMEASURED;
    const ctrace_fields fields = {keys, values, 3};
    assert_int_equal(ctrace_fields_count(&fields), 3);
    assert_string_equal(ctrace_fields_key(&fields, 1), "b");
    assert_null(ctrace_fields_key(&fields, 3));
    assert_null(ctrace_fields_value(&fields, 3));
    assert_int_equal(ctrace_fields_value(&fields, 0)->as.i64, 1);
    assert_int_equal(ctrace_fields_value(&fields, 1)->size, 4);
    assert_int_equal(ctrace_fields_find(&fields, "a")->as.i64, 3); /* the last one */
    assert_null(ctrace_fields_find(&fields, "c"));
    assert_null(ctrace_fields_find(&fields, NULL));
}

static void what_a_span_says_of_itself(void **state) {
    (void)state;
    static probe listener, stranger;
    ctrace_subscriber *self = probe_init(&listener), *other = probe_init(&stranger);
    TRACE_WITH_SUBSCRIBER(self) {
        TRACE_SPAN_AS(span, "span", ("n", 1), ("later", TRACE_EMPTY));
        assert_string_equal(ctrace_span_name(span), "span");
        assert_string_equal(ctrace_span_site(span)->function, __func__);
        assert_string_equal(ctrace_span_site(span)->target, "fields_test.c");
        assert_int_equal(ctrace_span_site(span)->kind, CTRACE_KIND_SPAN);
        assert_int_equal(ctrace_span_site(span)->level, CTRACE_LEVEL_INFO);
        assert_int_equal(ctrace_fields_count(ctrace_span_fields(span)), 2);
        assert_int_equal(ctrace_fields_find(ctrace_span_fields(span), "later")->kind,
                         CTRACE_VALUE_EMPTY);
        uint64_t *data = ctrace_span_data(span, self);
        assert_int_equal((uintptr_t)data % _Alignof(max_align_t), 0);
        assert_int_equal(*data, 0);
        assert_null(ctrace_span_data(span, other));
    }
    ctrace_subscriber_unref(self);
    ctrace_subscriber_unref(other);
}

RUN(TEST(fields_by_place_and_by_key), TEST(what_a_span_says_of_itself))

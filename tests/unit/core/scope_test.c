#include "support/test.h"

#include <string.h>

#include "core/thread.h"
#include "core/walk.h"
#include "ctrace/trace.h"
#include "support/allocator.h"
#include "support/probe.h"

static void tokens_are_never_used_twice(void **state) {
    (void)state;
    cti_scope one, other;
    cti_scope_begin(&one);
    cti_scope_begin(&other);
    uint64_t last = 0;
    for (int i = 0; i < 100; i++) {
        const cti_entry *entry = cti_scope_push(&one, CTI_ENTRY_ENTERED, NULL);
        const cti_entry *elsewhere = cti_scope_push(&other, CTI_ENTRY_ENTERED, NULL);
        assert_true(entry->token > last);
        assert_true(elsewhere->token != entry->token);
        last = entry->token;
    }
    assert_null(cti_scope_span(&one, last));
    one.top = one.entries; /* the entries stand for nothing that could be undone */
    other.top = other.entries;
    cti_scope_end(&other);
    cti_scope_end(&one);
}

static void a_scope_without_memory(void **state) {
    (void)state;
    cti_scope scope;
    const size_t alive = allocator_alive();
    cti_scope_begin(&scope);
    allocator_fail_at(1);
    assert_false(cti_scope_prepare(&scope));
    allocator_fail_at(1);
    assert_null(cti_scope_push(&scope, CTI_ENTRY_ENTERED, NULL));
    assert_true(cti_scope_prepare(&scope));
    assert_true(cti_scope_prepare(&scope));
    cti_scope_end(&scope);
    assert_int_equal(allocator_alive(), alive);
}

static void spans_are_walked_innermost_first(void **state) {
    (void)state;
    static probe listener;
    ctrace_subscriber *self = probe_init(&listener);
    TRACE_WITH_SUBSCRIBER(self) {
        TRACE_SPAN("one");
        TRACE_WITH_SUBSCRIBER(NULL) {
            ctrace_span *two = NULL;
            TRACE_WITH_SUBSCRIBER(self) {
                two = TRACE_SPAN_NEW("two");
            }
            TRACE_ENTER(two);
            cti_walk walk = cti_walk_begin(&cti_self);
            assert_string_equal(ctrace_span_name(cti_walk_next(&walk)), "two");
            assert_string_equal(ctrace_span_name(cti_walk_next(&walk)), "one");
            assert_null(cti_walk_next(&walk));
            assert_null(cti_walk_next(&walk));
            ctrace_span_unref(two);
        }
    }
    ctrace_subscriber_unref(self);
}

int main(void) {
    allocator_use();
    ctrace_thread_prepare();
    const struct CMUnitTest tests[] = {
        TEST(tokens_are_never_used_twice),
        TEST(a_scope_without_memory),
        TEST(spans_are_walked_innermost_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

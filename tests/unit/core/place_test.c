#include "support/test.h"

#include "core/place.h"
#include "core/span.h"
#include "ctrace/testing.h"
#include "support/allocator.h"

static void another_subscriber_for_a_block(void **state) {
    (void)state;
    ctrace_subscriber *outer = ctrace_capture_new(NULL), *inner = ctrace_capture_new(NULL);
    TRACE_WITH_SUBSCRIBER(outer) {
        TRACE_SPAN("outer");
        TRACE_WITH_SUBSCRIBER(inner) {
            TRACE_INFO("inner");
            TRACE_WITH_SUBSCRIBER(NULL) {
                TRACE_INFO("nobody");
                TRACE_WITH_SUBSCRIBER(outer) {
                    TRACE_INFO("nested");
                }
                break;
            }
            TRACE_INFO("inner again");
        }
        TRACE_INFO("outer again");
    }
    TRACE_INFO("nobody");
    CTRACE_ASSERT_EVENT_IN(outer, "outer", "nested");
    CTRACE_ASSERT_EVENT_IN(outer, "outer", "outer again");
    CTRACE_ASSERT_COUNT(outer, CTRACE_CAPTURED_EVENT, NULL, 2);
    CTRACE_ASSERT_EVENT_IN(inner, "", "inner"); /* it does not see the span */
    CTRACE_ASSERT_EVENT(inner, "inner again");
    CTRACE_ASSERT_COUNT(inner, CTRACE_CAPTURED_ANY, NULL, 2);
    ctrace_subscriber_unref(outer);
    ctrace_subscriber_unref(inner);
}

static ctrace_subscriber *borrow_from_a_loop(ctrace_subscriber *self, int how) {
    for (int i = 0; i < 2; i++) {
        TRACE_WITH_SUBSCRIBER(self) {
            TRACE_INFO("in the block");
            if (how == 0) {
                continue;
            }
            return self;
        }
    }
    return NULL;
}

static void every_way_out_ends_it(void **state) {
    (void)state;
    ctrace_subscriber *seen = ctrace_capture_new(NULL);
    assert_null(borrow_from_a_loop(seen, 0));
    TRACE_INFO("outside");
    assert_ptr_equal(borrow_from_a_loop(seen, 1), seen);
    TRACE_INFO("outside");
    CTRACE_ASSERT_COUNT(seen, CTRACE_CAPTURED_EVENT, NULL, 3);
    ctrace_subscriber_unref(seen);
}

static void a_place_holds_what_it_needs(void **state) {
    (void)state;
    ctrace_subscriber *seen = ctrace_capture_new(NULL);
    ctrace_span *root = NULL;
    cti_place place = {.span = NULL};
    TRACE_WITH_SUBSCRIBER(seen) {
        TRACE_SPAN("there");
        place = cti_place_here(&cti_self);
    }
    CTRACE_ASSERT_COUNT(seen, CTRACE_CAPTURED_CLOSE, NULL, 0);
    const uint64_t token = cti_place_enter(&cti_self, &place, &place);
    assert_int_not_equal(token, 0);
    root = TRACE_SPAN_NEW("below");
    ctrace_i_scope_end(token);
    assert_null(ctrace_span_current());
    CTRACE_ASSERT_SPAN_IN(seen, "there", "below");
    CTRACE_ASSERT_COUNT(seen, CTRACE_CAPTURED_CLOSE, "there", 1);
    CTRACE_ASSERT_COUNT(seen, CTRACE_CAPTURED_ENTER, NULL, 1); /* it is not entered again */
    ctrace_span_unref(root);
    ctrace_subscriber_unref(seen);
}

static void without_memory_the_block_runs_all_the_same(void **state) {
    (void)state;
    ctrace_subscriber *seen = ctrace_capture_new(NULL);
    int ran = 0;
    allocator_fail_from(1);
    TRACE_WITH_SUBSCRIBER(seen) {
        ran += 1;
    }
    allocator_fail_at(0);
    assert_int_equal(ran, 1);
    ctrace_subscriber_unref(seen);
}

int main(void) {
    allocator_use();
    const struct CMUnitTest tests[] = {
        TEST(another_subscriber_for_a_block),
        TEST(every_way_out_ends_it),
        TEST(a_place_holds_what_it_needs),
        TEST(without_memory_the_block_runs_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Every allocation fails in turn: nothing breaks, nothing leaks, what is lost is counted and told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "support/allocator.h"
#include "support/probe.h"
#include "ctrace/context.h"
#include "ctrace/testing.h"

/* Sums up what the stream says was lost. */
typedef struct adder {
    ctrace_subscriber base;
    uint64_t told;
    size_t spans_open;
} adder;

static void add_losses(ctrace_subscriber *subscriber, const ctrace_event *event,
                       const ctrace_moment *moment) {
    adder *self = (adder *)subscriber;
    (void)moment;
    (void)ctrace_event_message(event, NULL);
    if (strcmp(ctrace_event_site(event)->target, "ctrace") == 0) {
        const uint64_t lost = ctrace_fields_find(ctrace_event_fields(event), "lost")->as.u64;
        char expected[64];
        snprintf(expected, sizeof expected, "lost %u records", (unsigned)lost);
        assert_string_equal(ctrace_event_message(event, NULL), expected);
        assert_int_equal(ctrace_event_site(event)->level, CTRACE_LEVEL_WARN);
        self->told += lost;
    }
}

static void count_open(ctrace_subscriber *subscriber, ctrace_span *span,
                       const ctrace_moment *moment) {
    (void)span;
    (void)moment;
    ((adder *)subscriber)->spans_open += 1;
}

static void count_closed(ctrace_subscriber *subscriber, ctrace_span *span,
                         const ctrace_moment *moment) {
    (void)span;
    (void)moment;
    ((adder *)subscriber)->spans_open -= 1;
}

static void lazy_text(ctrace_buf *out, const void *object) {
    ctrace_buf_printf(out, "lazy %s", (const char *)object);
}

static int use_a_function(int i) {
    TRACE_FN(("i", i));
    TRACE_RETURN(i);
}

static void emit_everything(void) {
    static char long_text[20000];
    memset(long_text, 'x', sizeof long_text - 1);
    TRACE_SPAN_AS(outer, "outer", ("text", "text"), ("later", TRACE_EMPTY));
    TRACE_RECORD(outer, ("later", "recorded"));
    TRACE_RECORD(outer, ("later", TRACE_LAZY(lazy_text, "again")));
    TRACE_SPAN("large", ("text", (const char *)long_text), ("lazy", TRACE_LAZY(lazy_text, "x")));
    TRACE_INFO("event", ("text", "text"));
    TRACE_INFOF("%s", long_text);
    for (int i = 0; i < 20; i++) {
        ctrace_span_enter(outer); /* more entries than the first ones */
    }
    for (int i = 0; i < 20; i++) {
        ctrace_span_exit(outer);
    }
    ctrace_span *detached = TRACE_SPAN_NEW("detached");
    ctrace_span_follows(detached, outer);
    TRACE_IN(detached) {
        use_a_function(1);
    }
    ctrace_context *context = ctrace_context_capture();
    TRACE_ATTACHED(context) {
        TRACE_WARN("attached");
    }
    ctrace_context_release(context);
    ctrace_span_unref(detached);
    ctrace_subscriber *capture = ctrace_capture_new(NULL);
    if (capture != NULL) {
        TRACE_WITH_SUBSCRIBER(capture) {
            TRACE_SPAN("captured", ("text", "text"));
            TRACE_INFO("captured", ("lazy", TRACE_LAZY(lazy_text, "y")));
        }
    }
    ctrace_subscriber_unref(capture);
}

static void *on_a_new_thread(void *argument) {
    ctrace_thread_prepare();
    emit_everything();
    return argument;
}

static void run_scenario(void) {
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, on_a_new_thread, NULL), 0);
    pthread_join(thread, NULL);
}

static const ctrace_subscriber_ops ops = {
    .size = sizeof ops,
    .span_data_size = 24,
    .on_span_new = count_open,
    .on_span_close = count_closed,
    .on_event = add_losses,
};

/* One run with the n-th allocation failing, or it and all after it. True when none was left. */
static bool fails_at(size_t n, bool all_after) {
    adder sum;
    memset(&sum, 0, sizeof sum);
    ctrace_subscriber_init(&sum.base, &ops);
    const ctrace_stats before = stats_now();
    const bool listens = ctrace_set_global(&sum.base) == CTRACE_OK;
    assert_true(listens);
    (all_after ? allocator_fail_from : allocator_fail_at)(n);
    run_scenario();
    const bool over = !allocator_has_failed();
    allocator_fail_at(0);
    ctrace_flush(CTRACE_FOREVER); /* tells what is left to be told */
    const ctrace_stats after = stats_now();
    const uint64_t lost =
        after.events_lost - before.events_lost + after.spans_lost - before.spans_lost;
    assert_int_equal(sum.told, lost);
    assert_int_equal(sum.spans_open, 0);
    assert_true(over || after.memory_failures > before.memory_failures);
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
    ctrace_flush(CTRACE_FOREVER);
    return over;
}

/* Twice: callsites that are met on the way, such as that of the losses, are known for ever. */
static void fails_at_each(bool all_after) {
    size_t last = 1;
    while (!fails_at(last, all_after)) {
        last += 1;
    }
    assert_true(last > 20);
    const size_t alive = allocator_alive();
    for (size_t n = 1; n < last; n++) {
        fails_at(n, all_after);
        assert_int_equal(allocator_alive(), alive);
    }
}

static void one_allocation_fails(void **state) {
    (void)state;
    fails_at_each(false);
}

static void all_allocations_fail_from_one_on(void **state) {
    (void)state;
    fails_at_each(true);
}

static void listening_fails(void **state) {
    (void)state;
    bool ok = false;
    for (size_t n = 1; !ok; n++) {
        allocator_fail_at(n);
        ctrace_subscriber *capture = ctrace_capture_new(NULL);
        const bool made = capture != NULL;
        const ctrace_status status = made ? ctrace_set_global(capture) : CTRACE_ENOMEM;
        ok = !allocator_has_failed();
        allocator_fail_at(0);
        assert_int_equal(status, ok ? CTRACE_OK : CTRACE_ENOMEM);
        assert_true(ok || strncmp(ctrace_last_error(), "no memory for", 13) == 0);
        TRACE_INFO("who hears this?");
    }
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
}

int main(void) {
    allocator_use();
    on_a_new_thread(NULL); /* callsites are known for ever: in C++ and elsewhere from here on */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(listening_fails),
        cmocka_unit_test(one_allocation_fails),
        cmocka_unit_test(all_allocations_fail_from_one_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

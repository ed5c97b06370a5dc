/* Work handed to other threads happens inside the span that handed it over. */
#include "ctrace/context.h"
#include "ctrace/subscriber.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

typedef struct notes {
    ctrace_subscriber base; /* first */
    char spans[128];        /* around each event, in order */
    int closed;
    int freed;
} notes;

static void on_event(ctrace_subscriber *base, const ctrace_event *event,
                     const ctrace_moment *moment) {
    notes *self = (notes *)base;
    const ctrace_span *span = ctrace_event_span(event, base);
    const size_t used = strlen(self->spans);
    (void)moment;
    snprintf(self->spans + used, sizeof self->spans - used, "%s ",
             span == NULL ? "-" : ctrace_span_name(span));
}

static void on_close(ctrace_subscriber *base, ctrace_span *span, const ctrace_moment *moment) {
    (void)span, (void)moment;
    ((notes *)base)->closed += 1;
}

static void on_free(ctrace_subscriber *base) {
    ((notes *)base)->freed += 1;
}

static const ctrace_subscriber_ops ops = {
    .size = sizeof ops,
    .on_span_close = on_close,
    .on_event = on_event,
    .free = on_free,
};
static notes global, chosen;

static int begin(void **state) {
    (void)state;
    memset(&global, 0, sizeof global);
    memset(&chosen, 0, sizeof chosen);
    ctrace_subscriber_init(&global.base, &ops);
    ctrace_subscriber_init(&chosen.base, &ops);
    return ctrace_replace_global(&global.base) == CTRACE_OK ? 0 : -1;
}

static int end(void **state) {
    (void)state;
    const ctrace_status status = ctrace_replace_global(NULL);
    ctrace_subscriber_unref(&chosen.base);
    return status == CTRACE_OK && global.freed == 1 && chosen.freed == 1 ? 0 : -1;
}

static void *emit(void *unused) {
    TRACE_INFO("here");
    return unused;
}

static void *emit_attached(void *context) {
    TRACE_INFO("before");
    TRACE_ATTACHED(context) {
        TRACE_INFO("in");
        TRACE_SPAN("inner");
        TRACE_INFO("deeper");
    }
    TRACE_INFO("after");
    ctrace_context_release(context);
    return NULL;
}

static void run(void *(*function)(void *), void *argument) {
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, function, argument), 0);
    pthread_join(thread, NULL);
}

static void attached_work_is_inside_the_captured_span(void **state) {
    (void)state;
    TRACE_SPAN("outer");
    run(emit_attached, ctrace_context_capture());
    assert_string_equal(global.spans, "- outer inner - ");
}

static void a_span_stays_open_for_its_borrowers(void **state) {
    (void)state;
    ctrace_context *context;
    {
        TRACE_SPAN("outer");
        context = ctrace_context_capture();
    }
    assert_int_equal(global.closed, 0);
    run(emit_attached, context);
    assert_int_equal(global.closed, 2); /* inner, and outer with the last borrower */
}

static void a_chosen_subscriber_goes_along(void **state) {
    (void)state;
    ctrace_context *context = NULL;
    TRACE_WITH_SUBSCRIBER(&chosen.base) {
        TRACE_SPAN("request");
        context = ctrace_context_capture();
    }
    run(emit_attached, context);
    assert_string_equal(chosen.spans, "request inner ");
    assert_string_equal(global.spans, "- - ");
    assert_int_equal(chosen.closed, 2);
}

static void threads_inherit(void **state) {
    (void)state;
    pthread_t thread;
    TRACE_BLOCK("parent") {
        assert_int_equal(ctrace_thread_create(&thread, NULL, emit, NULL), 0);
        pthread_join(thread, NULL);
    }
    assert_string_equal(global.spans, "parent ");
    assert_int_equal(global.closed, 1);
}

static void nobody_listens_nothing_is_captured(void **state) {
    (void)state;
    TRACE_WITH_SUBSCRIBER(NULL) {
        assert_null(ctrace_context_capture());
    }
    ctrace_context_attach(NULL);
    ctrace_context_detach(NULL);
    ctrace_context_release(NULL);
    TRACE_ATTACH(NULL);
    TRACE_INFO("fine");
    assert_string_equal(global.spans, "- ");
}

static void a_wrong_detach_is_counted(void **state) {
    (void)state;
    ctrace_stats before, after;
    ctrace_stats_get(&before, sizeof before);
    ctrace_context *context = ctrace_context_capture();
    ctrace_context_detach(context);
    ctrace_context_release(context);
    ctrace_stats_get(&after, sizeof after);
    assert_int_equal(after.spans_repaired, before.spans_repaired + 1);
}

static void work(void *count) {
    TRACE_INFO("job");
    *(int *)count += 1;
}

static void *run_job(void *job) {
    ctrace_job_run(job);
    return NULL;
}

static void jobs_carry_their_context_and_run_once(void **state) {
    (void)state;
    int count = 0;
    ctrace_job job;
    {
        TRACE_SPAN("maker");
        ctrace_job_init(&job, work, &count);
    }
    assert_int_equal(global.closed, 0);
    run(run_job, &job);
    assert_int_equal(global.closed, 1);
    ctrace_job_run(&job);
    assert_int_equal(count, 1);
    assert_string_equal(global.spans, "maker ");
}

static void leave_things_behind(void *span) {
    ctrace_baggage_set("who", "job");
    ctrace_span_enter(span);
}

/* Where nothing is open, a job that brings nothing enters no place, and yet ends what is left open.
 */
static void a_job_leaves_nothing_behind(void **state) {
    (void)state;
    ctrace_stats before, after;
    ctrace_job job;
    ctrace_span *span = TRACE_SPAN_NEW("left");
    ctrace_stats_get(&before, sizeof before);
    ctrace_job_init(&job, leave_things_behind, span);
    ctrace_job_run(&job);
    ctrace_stats_get(&after, sizeof after);
    assert_null(ctrace_span_current());
    assert_null(ctrace_baggage_get("who"));
    assert_int_equal(after.spans_repaired, before.spans_repaired + 1);
    ctrace_span_unref(span);
    assert_int_equal(global.closed, 1);
}

static void a_cancelled_job_lets_go(void **state) {
    (void)state;
    int count = 0;
    ctrace_job job;
    {
        TRACE_SPAN("maker");
        ctrace_job_init(&job, work, &count);
    }
    ctrace_job_cancel(&job);
    assert_int_equal(global.closed, 1);
    ctrace_job_run(&job);
    assert_int_equal(count, 0);
    ctrace_job_cancel(NULL);
    ctrace_job_run(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(attached_work_is_inside_the_captured_span, begin, end),
        cmocka_unit_test_setup_teardown(a_span_stays_open_for_its_borrowers, begin, end),
        cmocka_unit_test_setup_teardown(a_chosen_subscriber_goes_along, begin, end),
        cmocka_unit_test_setup_teardown(threads_inherit, begin, end),
        cmocka_unit_test_setup_teardown(nobody_listens_nothing_is_captured, begin, end),
        cmocka_unit_test_setup_teardown(a_wrong_detach_is_counted, begin, end),
        cmocka_unit_test_setup_teardown(jobs_carry_their_context_and_run_once, begin, end),
        cmocka_unit_test_setup_teardown(a_job_leaves_nothing_behind, begin, end),
        cmocka_unit_test_setup_teardown(a_cancelled_job_lets_go, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

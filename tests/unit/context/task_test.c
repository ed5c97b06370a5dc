/* Tasks: a coroutine's spans go with it. */
#include "ctrace/context.h"
#include "ctrace/subscriber.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* What the subscriber saw, one letter a callback with the span's name: "+a" new, "(a" enter, ")a"
 * exit, "-a" close, "!m@a" an event m inside a. */
static char story[512];

static void tell(char kind, const char *name) {
    const size_t used = strlen(story);
    snprintf(story + used, sizeof story - used, "%c%s ", kind, name);
}

static void on_new(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *moment) {
    (void)self, (void)moment;
    tell('+', ctrace_span_name(span));
}

static void on_enter(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *moment) {
    (void)self, (void)moment;
    tell('(', ctrace_span_name(span));
}

static void on_exit_(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *moment) {
    (void)self, (void)moment;
    tell(')', ctrace_span_name(span));
}

static void on_close(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *moment) {
    (void)self, (void)moment;
    tell('-', ctrace_span_name(span));
}

static uint64_t task_seen;

static void on_event(ctrace_subscriber *self, const ctrace_event *event,
                     const ctrace_moment *moment) {
    const ctrace_span *span = ctrace_event_span(event, self);
    char text[64];
    snprintf(text, sizeof text, "%s@%s", ctrace_event_message(event, NULL),
             span == NULL ? "" : ctrace_span_name(span));
    tell('!', text);
    task_seen = ctrace_moment_task_id(moment);
}

static const ctrace_subscriber_ops ops = {
    .size = sizeof ops,
    .on_span_new = on_new,
    .on_span_enter = on_enter,
    .on_span_exit = on_exit_,
    .on_span_close = on_close,
    .on_event = on_event,
};
static ctrace_subscriber listener;

static int begin(void **state) {
    (void)state;
    ctrace_subscriber_init(&listener, &ops);
    story[0] = '\0';
    return ctrace_replace_global(ctrace_subscriber_ref(&listener)) == CTRACE_OK ? 0 : -1;
}

static int end(void **state) {
    (void)state;
    return ctrace_replace_global(NULL) == CTRACE_OK ? 0 : -1;
}

static uint64_t repairs(void) {
    ctrace_stats stats;
    ctrace_stats_get(&stats, sizeof stats);
    return stats.spans_repaired;
}

static void spans_go_idle_and_busy(void **state) {
    (void)state;
    ctrace_span *a = TRACE_SPAN_NEW("a");
    ctrace_span *b = TRACE_SPAN_NEW("b");
    ctrace_task *task = ctrace_task_new();
    ctrace_task_resume(task);
    ctrace_span_enter(a);
    ctrace_span_enter(b);
    ctrace_task_suspend(task);
    TRACE_INFO("outside");
    assert_int_equal(task_seen, 0);
    ctrace_task_resume(task);
    TRACE_INFO("inside");
    assert_int_equal(task_seen, ctrace_task_id(task));
    ctrace_span_exit(b);
    ctrace_span_exit(a);
    ctrace_task_suspend(task);
    const uint64_t before = repairs();
    ctrace_task_free(task);
    assert_int_equal(repairs(), before);
    ctrace_span_unref(b);
    ctrace_span_unref(a);
    assert_string_equal(story, "+a +b (a (b )b )a !outside@ (a (b !inside@b )b )a -b -a ");
}

static void a_task_begins_inside_the_current_span(void **state) {
    (void)state;
    ctrace_task *task;
    {
        TRACE_SPAN("parent");
        task = ctrace_task_new();
    }
    assert_null(strchr(story, '-')); /* it stays open */
    ctrace_task_resume(task);
    TRACE_INFO("in");
    ctrace_task_suspend(task);
    ctrace_task_free(task);
    assert_string_equal(story, "+parent (parent )parent !in@parent -parent ");
}

static void what_is_left_open_is_closed_and_counted(void **state) {
    (void)state;
    ctrace_task *task = ctrace_task_new();
    ctrace_span *span = TRACE_SPAN_NEW("left");
    ctrace_task_resume(task);
    ctrace_span_enter(span);
    ctrace_task_suspend(task);
    ctrace_span_unref(span);
    const uint64_t before = repairs();
    ctrace_task_free(task);
    assert_int_equal(repairs(), before + 1);
    assert_string_equal(story, "+left (left )left (left )left -left ");
}

static ctrace_task *moving;
static uint64_t moving_token;

static void *finish_elsewhere(void *unused) {
    ctrace_task_resume(moving);
    ctrace_i_scope_end(moving_token); /* what the guard in the coroutine's frame does */
    ctrace_task_suspend(moving);
    return unused;
}

static void a_guard_closes_its_span_on_another_thread(void **state) {
    (void)state;
    moving = ctrace_task_new();
    ctrace_task_resume(moving);
    ctrace_span *inside;
    {
        static const ctrace_value none[1];
        static const char *const keys[] = {NULL};
        static ctrace_callsite site = {.state = CTRACE_I_STATE_UNSEEN,
                                       .abi = CTRACE_I_ABI,
                                       .level = CTRACE_LEVEL_INFO,
                                       .kind = CTRACE_KIND_SPAN,
                                       .name = "coroutine",
                                       .file = "task_test.c",
                                       .function = "",
                                       .field_names = keys};
        assert_true(ctrace_i_ask(&site));
        moving_token = ctrace_i_span_open(&site, none);
        inside = ctrace_span_current();
    }
    assert_non_null(inside);
    ctrace_task_suspend(moving);
    assert_null(ctrace_span_current());
    const uint64_t before = repairs();
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, finish_elsewhere, NULL), 0);
    pthread_join(thread, NULL);
    assert_int_equal(repairs(), before);
    ctrace_task_free(moving);
    assert_string_equal(story,
                        "+coroutine (coroutine )coroutine (coroutine )coroutine -coroutine ");
}

static void *begin_in_a_task(void *unused) {
    (void)unused;
    ctrace_task *task = ctrace_task_new();
    ctrace_task_resume(task);
    TRACE_BLOCK("a") {
        TRACE_INFO("inside");
    }
    ctrace_task_suspend(task);
    ctrace_task_free(task);
    return NULL;
}

static void a_task_may_be_what_a_thread_does_first(void **state) {
    (void)state;
    pthread_t thread;
    const uint64_t before = repairs();
    assert_int_equal(pthread_create(&thread, NULL, begin_in_a_task, NULL), 0);
    pthread_join(thread, NULL);
    assert_string_equal(story, "+a (a !inside@a )a -a ");
    assert_int_equal(repairs(), before);
}

static void tasks_nest(void **state) {
    (void)state;
    ctrace_task *outer = ctrace_task_new();
    ctrace_task_resume(outer);
    ctrace_task *inner = ctrace_task_new();
    ctrace_task_resume(inner);
    TRACE_INFO("deep");
    assert_int_equal(task_seen, ctrace_task_id(inner));
    ctrace_task_suspend(inner);
    TRACE_INFO("mid");
    assert_int_equal(task_seen, ctrace_task_id(outer));
    const uint64_t before = repairs();
    ctrace_task_resume(inner);
    ctrace_task_suspend(outer); /* takes inner with it */
    assert_int_equal(repairs(), before + 1);
    TRACE_INFO("top");
    assert_int_equal(task_seen, 0);
    ctrace_task_free(inner);
    ctrace_task_free(outer);
}

static void misuse_is_counted(void **state) {
    (void)state;
    ctrace_task_resume(NULL);
    ctrace_task_suspend(NULL);
    ctrace_task_free(NULL);
    ctrace_task_on_switch(NULL, NULL, NULL);
    ctrace_task *task = ctrace_task_new();
    const uint64_t before = repairs();
    ctrace_task_suspend(task);
    ctrace_task_resume(task);
    ctrace_task_resume(task);
    assert_int_equal(repairs(), before + 2);
    ctrace_task_free(task); /* while resumed */
    assert_int_equal(repairs(), before + 3);
    TRACE_INFO("fine");
    assert_string_equal(story, "!fine@ ");
}

/* ---- Threads that end in a task, or still stand in one ---- */

static void enter_in_task(ctrace_task *task) {
    ctrace_span *span = TRACE_SPAN_NEW("mine");
    ctrace_task_resume(task);
    ctrace_span_enter(span);
    ctrace_task_suspend(task);
    ctrace_span_unref(span);
    story[0] = '\0';
}

static void *end_in(void *task) {
    ctrace_task_resume(task);
    return NULL;
}

static void run_thread(void *(*function)(void *), void *argument) {
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, function, argument), 0);
    pthread_join(thread, NULL);
}

static void a_task_outlives_a_thread_that_ends_in_it(void **state) {
    (void)state;
    ctrace_task *task = ctrace_task_new();
    enter_in_task(task);
    run_thread(end_in, task);
    const uint64_t before = repairs();
    ctrace_task_resume(task);
    assert_int_equal(repairs(), before + 1);
    TRACE_INFO("here");
    ctrace_span_exit(ctrace_span_current());
    ctrace_task_suspend(task);
    ctrace_task_free(task);
    assert_int_equal(repairs(), before + 1);
    assert_string_equal(story, "(mine )mine (mine !here@mine )mine -mine ");
}

static void a_task_is_freed_after_a_thread_that_ended_in_it(void **state) {
    (void)state;
    ctrace_task *task = ctrace_task_new();
    enter_in_task(task);
    run_thread(end_in, task);
    ctrace_task_free(task);
    assert_string_equal(story, "(mine )mine -mine ");
}

static void *free_elsewhere(void *task) {
    ctrace_task_free(task);
    return NULL;
}

static void a_task_in_use_elsewhere_is_not_freed(void **state) {
    (void)state;
    ctrace_task *task = ctrace_task_new();
    enter_in_task(task);
    ctrace_task_resume(task);
    const uint64_t before = repairs();
    run_thread(free_elsewhere, task);
    assert_int_equal(repairs(), before + 1);
    TRACE_INFO("still");
    ctrace_task_suspend(task);
    assert_string_equal(story, "(mine !still@mine )mine ");
    ctrace_task_free(task);
}

static char switches[16];

static void note_switch(void *arg, ctrace_task *task, bool resumed) {
    (void)task;
    assert_ptr_equal(arg, switches);
    strcat(switches, resumed ? "r" : "s");
}

static void switches_are_told(void **state) {
    (void)state;
    switches[0] = '\0';
    ctrace_task *task = ctrace_task_new();
    ctrace_task_on_switch(task, note_switch, switches);
    ctrace_task_resume(task);
    ctrace_task_suspend(task);
    ctrace_task_on_switch(task, NULL, NULL);
    ctrace_task_resume(task);
    ctrace_task_suspend(task);
    ctrace_task_free(task);
    assert_string_equal(switches, "rs");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(spans_go_idle_and_busy, begin, end),
        cmocka_unit_test_setup_teardown(a_task_begins_inside_the_current_span, begin, end),
        cmocka_unit_test_setup_teardown(what_is_left_open_is_closed_and_counted, begin, end),
        cmocka_unit_test_setup_teardown(a_guard_closes_its_span_on_another_thread, begin, end),
        cmocka_unit_test_setup_teardown(a_task_may_be_what_a_thread_does_first, begin, end),
        cmocka_unit_test_setup_teardown(tasks_nest, begin, end),
        cmocka_unit_test_setup_teardown(misuse_is_counted, begin, end),
        cmocka_unit_test_setup_teardown(switches_are_told, begin, end),
        cmocka_unit_test_setup_teardown(a_task_outlives_a_thread_that_ends_in_it, begin, end),
        cmocka_unit_test_setup_teardown(a_task_is_freed_after_a_thread_that_ended_in_it, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_task_in_use_elsewhere_is_not_freed, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

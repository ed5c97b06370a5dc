/* Deferred subscribers, read by hand: nothing here depends on a thread's timing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

#include "base/clock.h"
#include "ctrace/context.h"
#include "ctrace/deferred.h"
#include "ctrace/filter.h"
#include "ctrace/trace.h"
#include "support/listener.h"

static listener ear;
static ctrace_subscriber *deferred;

static void listen_with(const ctrace_deferred_options *options) {
    deferred = ctrace_deferred_new(listener_init(&ear, false), options);
    assert_non_null(deferred);
    assert_int_equal(ctrace_replace_global(ctrace_subscriber_ref(deferred)), CTRACE_OK);
}

static void listen(void) {
    listen_with(&(ctrace_deferred_options){.manual = true});
}

static void stop_listening(void) {
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
    ctrace_subscriber_unref(deferred);
    assert_int_equal(ear.alive, 0);
}

static ctrace_stats stats(void) {
    ctrace_stats now;
    ctrace_stats_get(&now, sizeof now);
    return now;
}

static void nothing_is_heard_before_somebody_reads(void **state) {
    (void)state;
    listen();
    TRACE_INFO("one");
    {
        TRACE_SPAN("outer");
        TRACE_INFO("two");
        TRACE_SPAN("inner");
        TRACE_WARN("three");
    }
    assert_string_equal(listener_heard(&ear), "");
    assert_true(ctrace_deferred_poll(deferred) > 0);
    assert_string_equal(listener_heard(&ear), ":one +outer >outer outer:two +outer/inner >inner "
                                              "inner:three <inner -inner <outer -outer ");
    assert_int_equal(ctrace_deferred_poll(deferred), 0);
    stop_listening();
}

static void flushing_reads(void **state) {
    (void)state;
    listen();
    TRACE_INFO("one");
    assert_int_equal(ctrace_flush(0), CTRACE_OK);
    assert_string_equal(listener_heard(&ear), ":one ");
    stop_listening();
}

static void the_end_reads(void **state) {
    (void)state;
    listen();
    TRACE_INFO("one");
    stop_listening();
    assert_string_equal(listener_heard(&ear), ":one ");
}

static void spans_that_outlive_scopes(void **state) {
    (void)state;
    listen();
    ctrace_span *a = TRACE_SPAN_NEW("a", ("n", TRACE_EMPTY), ("s", "text"));
    ctrace_span *b = TRACE_SPAN_CHILD(a, "b");
    ctrace_span_follows(b, a);
    TRACE_IN(a) {
        TRACE_RECORD(a, ("n", 5), ("s", "longer text"));
        TRACE_IN(b) {
            TRACE_INFO("in");
        }
    }
    ctrace_span_unref(a);
    TRACE_IN(b) {
        TRACE_INFO("still");
    }
    ctrace_span_unref(b);
    ctrace_deferred_poll(deferred);
    assert_string_equal(listener_heard(&ear),
                        "+a +a/b a=>b >a a!n >b b:in <b <a -a >b b:still <b -b ");
    stop_listening();
}

static void attached_contexts_are_followed(void **state) {
    (void)state;
    listen();
    ctrace_context *context;
    {
        TRACE_SPAN("origin");
        context = ctrace_context_capture();
    }
    TRACE_ATTACHED(context) {
        TRACE_INFO("there");
        TRACE_SPAN("below");
        TRACE_INFO("deeper");
    }
    TRACE_INFO("here");
    ctrace_context_release(context);
    ctrace_deferred_poll(deferred);
    assert_string_equal(listener_heard(&ear),
                        "+origin >origin <origin origin:there +origin/below >below below:deeper "
                        "<below -below :here -origin ");
    stop_listening();
}

static void tasks_have_their_own_spans(void **state) {
    (void)state;
    listen();
    ctrace_task *task = ctrace_task_new();
    ctrace_span *a = TRACE_SPAN_NEW("a");
    {
        TRACE_SPAN("thread");
        ctrace_task_resume(task);
        ctrace_span_enter(a);
        TRACE_INFO("inside");
        ctrace_task_suspend(task);
        TRACE_INFO("outside");
        ctrace_task_resume(task);
        TRACE_INFO("again");
        ctrace_span_exit(a);
        ctrace_task_suspend(task);
    }
    ctrace_task_free(task);
    ctrace_span_unref(a);
    ctrace_deferred_poll(deferred);
    assert_string_equal(listener_heard(&ear),
                        "+a +thread >thread >a a:inside <a thread:outside >a a:again <a <thread "
                        "-thread -a ");
    stop_listening();
}

/* ---- Identities ---- */

static uint64_t heard_id;
static uint8_t heard_trace[16];

static void hear_identity(ctrace_subscriber *self, const ctrace_event *event,
                          const ctrace_moment *moment) {
    (void)moment;
    const ctrace_span *span = ctrace_event_span(event, self);
    heard_id = ctrace_span_id(span);
    ctrace_span_trace_id(span, heard_trace);
}

static void identities_are_the_same_live_and_later(void **state) {
    (void)state;
    static const ctrace_subscriber_ops ops = {.size = sizeof ops, .on_event = hear_identity};
    static ctrace_subscriber plain;
    ctrace_subscriber_init(&plain, &ops);
    deferred = ctrace_deferred_new(&plain, &(ctrace_deferred_options){.manual = true});
    assert_int_equal(ctrace_replace_global(ctrace_subscriber_ref(deferred)), CTRACE_OK);
    {
        uint8_t trace[16];
        TRACE_SPAN("root");
        TRACE_SPAN_AS(inner, "inner");
        TRACE_INFO("event");
        ctrace_deferred_poll(deferred); /* the rebuilt one is asked first */
        assert_int_equal(ctrace_span_id(inner), heard_id);
        ctrace_span_trace_id(inner, trace);
        assert_memory_equal(trace, heard_trace, 16);
        assert_int_not_equal(heard_id, 0);
    }
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
    ctrace_subscriber_unref(deferred);
}

/* ---- Time and place ---- */

static uint64_t heard_time, heard_monotonic, heard_thread;

static void hear_moment(ctrace_subscriber *self, const ctrace_event *event,
                        const ctrace_moment *moment) {
    (void)self, (void)event;
    heard_time = ctrace_moment_time_ns(moment);
    heard_monotonic = ctrace_moment_monotonic_ns(moment);
    heard_thread = ctrace_moment_thread(moment)->process_id;
}

static void moments_are_those_of_emitting(void **state) {
    (void)state;
    static const ctrace_subscriber_ops ops = {.size = sizeof ops, .on_event = hear_moment};
    static ctrace_subscriber plain;
    ctrace_subscriber_init(&plain, &ops);
    deferred = ctrace_deferred_new(&plain, &(ctrace_deferred_options){.manual = true});
    assert_int_equal(ctrace_replace_global(ctrace_subscriber_ref(deferred)), CTRACE_OK);
    TRACE_INFO("makes the ring");
    const uint64_t before = cti_clock_monotonic_ns(), real_before = cti_clock_realtime_ns();
    TRACE_INFO("event");
    const uint64_t after = cti_clock_monotonic_ns(), real_after = cti_clock_realtime_ns();
    cti_sleep_ns(5000000);
    ctrace_deferred_poll(deferred);
    assert_in_range(heard_monotonic, before, after);
    assert_in_range(heard_time, real_before - 1000000, real_after + 1000000);
    assert_int_not_equal(heard_thread, 0);
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
    ctrace_subscriber_unref(deferred);
}

/* ---- Values and messages ---- */

static char heard_text[512];

static void hear_text(ctrace_subscriber *self, const ctrace_event *event,
                      const ctrace_moment *moment) {
    (void)self, (void)moment;
    const ctrace_fields *fields = ctrace_event_fields(event);
    int used = snprintf(heard_text, sizeof heard_text, "%s", ctrace_event_message(event, NULL));
    for (size_t i = 0; i < ctrace_fields_count(fields); i++) {
        const ctrace_value *value = ctrace_fields_value(fields, i);
        used += snprintf(heard_text + used, sizeof heard_text - (size_t)used,
                         " %s=", ctrace_fields_key(fields, i));
        if (value->kind == CTRACE_VALUE_STRING) {
            used += snprintf(heard_text + used, sizeof heard_text - (size_t)used, "%s",
                             value->as.string);
        } else {
            used += snprintf(heard_text + used, sizeof heard_text - (size_t)used, "%lld",
                             (long long)value->as.i64);
        }
    }
}

static int lazy_calls;

static void write_lazily(ctrace_buf *out, const void *object) {
    lazy_calls += 1;
    ctrace_buf_printf(out, "<%s>", (const char *)object);
}

static void what_is_given_need_not_last(void **state) {
    (void)state;
    static const ctrace_subscriber_ops ops = {.size = sizeof ops, .on_event = hear_text};
    static ctrace_subscriber plain;
    ctrace_subscriber_init(&plain, &ops);
    deferred = ctrace_deferred_new(&plain, &(ctrace_deferred_options){.manual = true});
    assert_int_equal(ctrace_replace_global(ctrace_subscriber_ref(deferred)), CTRACE_OK);
    char text[] = "text";
    TRACE_INFO("event", ("s", text), ("lazy", TRACE_LAZY(write_lazily, text)), ("n", -1));
    assert_int_equal(lazy_calls, 1);
    text[0] = 'X';
    ctrace_deferred_poll(deferred);
    assert_string_equal(heard_text, "event s=text lazy=<text> n=-1");
    assert_int_equal(lazy_calls, 1);
    text[0] = 't';
    TRACE_INFOF("%s: %*d of %.2f%%", text, 4, 12, 0.5);
    text[0] = 'X';
    ctrace_deferred_poll(deferred);
    assert_string_equal(heard_text, "text:   12 of 0.50%");
    TRACE_INFOF("%Lg and %s", 1.5L, text); /* not to be copied: formatted at once */
    text[0] = 'Y';
    ctrace_deferred_poll(deferred);
    assert_string_equal(heard_text, "1.5 and Xext");
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
    ctrace_subscriber_unref(deferred);
}

static void a_format_that_writes_is_refused(void **state) {
    (void)state;
    listen();
    int written = 7;
    TRACE_INFOF("abc%n", &written);
    ctrace_deferred_poll(deferred);
    assert_string_equal(listener_heard(&ear), "");
    assert_int_equal(written, 7);
    stop_listening();
}

/* ---- No room ---- */

static unsigned lost_told;

static void count_losses(ctrace_subscriber *self, const ctrace_event *event,
                         const ctrace_moment *moment) {
    (void)self, (void)moment;
    if (strcmp(ctrace_event_site(event)->target, "ctrace") == 0) {
        const ctrace_value *lost = ctrace_fields_find(ctrace_event_fields(event), "lost");
        lost_told += (unsigned)lost->as.u64;
    } else {
        heard_time += 1;
    }
}

enum { FLOOD = 5000 };

static void flood(void) {
    for (int i = 0; i < FLOOD; i++) {
        TRACE_INFO("flood", ("i", i));
    }
}

static ctrace_subscriber counter;

static void count_with(const ctrace_deferred_options *options) {
    static const ctrace_subscriber_ops ops = {.size = sizeof ops, .on_event = count_losses};
    ctrace_subscriber_init(&counter, &ops);
    heard_time = 0;
    lost_told = 0;
    deferred = ctrace_deferred_new(&counter, options);
    assert_non_null(deferred);
    assert_int_equal(ctrace_replace_global(ctrace_subscriber_ref(deferred)), CTRACE_OK);
}

static void stop_counting(void) {
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
    ctrace_subscriber_unref(deferred);
}

static void what_is_dropped_is_counted_and_told(void **state) {
    (void)state;
    const uint64_t before = stats().events_lost;
    count_with(&(ctrace_deferred_options){.manual = true, .ring_bytes = 4096});
    flood();
    assert_int_equal(ctrace_flush(CTRACE_FOREVER), CTRACE_OK);
    assert_true(heard_time > 50 && heard_time < FLOOD);
    assert_int_equal(stats().events_lost - before, FLOOD - heard_time);
    assert_int_equal(lost_told, FLOOD - heard_time);
    const unsigned told = lost_told;
    flood(); /* the loss is told by the next record that has room, or by the reader: once */
    assert_int_equal(ctrace_flush(CTRACE_FOREVER), CTRACE_OK);
    assert_true(lost_told > told);
    assert_int_equal(lost_told, stats().events_lost - before);
    stop_counting();
}

static void begins_and_ends_pair_whatever_is_dropped(void **state) {
    (void)state;
    listen_with(&(ctrace_deferred_options){.manual = true, .ring_bytes = 4096});
    const uint64_t before = stats().spans_lost;
    ctrace_span *a = TRACE_SPAN_NEW("a");
    {
        TRACE_SPAN("outer");
        flood();
        {
            TRACE_SPAN("gone");
            flood();
        }
        ctrace_span_enter(a); /* no room for that either */
        ctrace_span_exit(a);
    }
    ctrace_span_unref(a);
    assert_int_equal(stats().spans_lost - before, 1);
    while (ctrace_deferred_poll(deferred) != 0) {
    }
    const char *heard = listener_heard(&ear); /* too long to be whole */
    assert_null(strstr(heard, "gone"));
    assert_ptr_equal(strstr(heard, "+a +outer >outer outer:flood "), heard);
    stop_listening();
}

static size_t count_of(char letter, const char *text) {
    size_t count = 0;
    for (; *text != '\0'; text++) {
        count += *text == letter ? 1 : 0;
    }
    return count;
}

/* The ends themselves, without the flood's text in between. */
static void check_that_ends_have_room(ctrace_deferred_policy policy) {
    listen_with(&(ctrace_deferred_options){.manual = true,
                                           .ring_bytes = 4096,
                                           .max_bytes = 16384,
                                           .block_timeout_ns = 1000000,
                                           .policy = policy});
    ear.events_only = false;
    ctrace_span *spans[64];
    size_t made = 0;
    const uint64_t before = stats().spans_lost;
    for (size_t i = 0; i < 64; i++) {
        spans[i] = TRACE_SPAN_NEW("s");
        ctrace_span_enter(spans[i]);
        made += stats().spans_lost == before ? 1 : 0;
    }
    assert_true(made > 10 && made < 64); /* the others found no room */
    for (size_t i = 64; i > 0; i--) {
        ctrace_span_exit(spans[i - 1]);
    }
    ctrace_deferred_poll(deferred);
    const char *heard = listener_heard(&ear);
    const size_t entered = count_of('>', heard);
    assert_int_equal(count_of('+', heard), made);
    assert_true(entered > 10);
    assert_int_equal(count_of('<', heard), entered); /* already, though none is closed yet */
    for (size_t i = 0; i < 64; i++) {
        ctrace_span_unref(spans[i]);
    }
    ctrace_deferred_poll(deferred);
    assert_int_equal(count_of('-', listener_heard(&ear)), made);
    stop_listening();
}

static void ends_have_room(void **state) {
    (void)state;
    check_that_ends_have_room(CTRACE_DEFERRED_DROP);
    check_that_ends_have_room(CTRACE_DEFERRED_BLOCK);
    check_that_ends_have_room(CTRACE_DEFERRED_GROW);
}

/* ---- When losses are told ---- */

static uint64_t latest_ns;
static unsigned told, told_late;

static void *emit_meanwhile(void *nothing) {
    TRACE_INFO("meanwhile");
    return nothing;
}

/* While the first one is told, another thread emits. */
static void on_timed_event(ctrace_subscriber *self, const ctrace_event *event,
                           const ctrace_moment *moment) {
    const uint64_t time = ctrace_moment_time_ns(moment);
    pthread_t thread;
    (void)self;
    (void)event;
    told_late += time < latest_ns ? 1 : 0;
    latest_ns = time;
    if (told++ == 0) {
        assert_int_equal(pthread_create(&thread, NULL, emit_meanwhile, NULL), 0);
        pthread_join(thread, NULL);
    }
}

static void losses_are_told_before_what_comes_later(void **state) {
    static const ctrace_subscriber_ops timed_ops = {.size = sizeof timed_ops,
                                                    .on_event = on_timed_event};
    static ctrace_subscriber timed;
    const ctrace_deferred_options options = {.manual = true, .ring_bytes = 4096};
    (void)state;
    ctrace_subscriber_init(&timed, &timed_ops);
    deferred = ctrace_deferred_new(&timed, &options);
    assert_int_equal(ctrace_replace_global(ctrace_subscriber_ref(deferred)), CTRACE_OK);
    flood();
    const size_t first = ctrace_deferred_poll(deferred);
    assert_int_equal(told, first + 1); /* with the loss */
    assert_int_equal(ctrace_deferred_poll(deferred), 1);
    assert_int_equal(told_late, 0);
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
    ctrace_subscriber_unref(deferred);
}

static void growing_loses_nothing(void **state) {
    (void)state;
    const uint64_t before = stats().events_lost;
    count_with(&(ctrace_deferred_options){
        .manual = true, .ring_bytes = 4096, .policy = CTRACE_DEFERRED_GROW});
    {
        TRACE_SPAN("around");
        flood();
    }
    assert_int_equal(ctrace_flush(CTRACE_FOREVER), CTRACE_OK);
    assert_int_equal(heard_time, FLOOD);
    assert_int_equal(stats().events_lost, before);
    stop_counting();
}

static void growing_has_a_cap(void **state) {
    (void)state;
    const uint64_t before = stats().events_lost;
    count_with(&(ctrace_deferred_options){
        .manual = true, .ring_bytes = 4096, .max_bytes = 65536, .policy = CTRACE_DEFERRED_GROW});
    flood();
    assert_int_equal(ctrace_flush(CTRACE_FOREVER), CTRACE_OK);
    assert_true(heard_time > 500 && heard_time < FLOOD);
    assert_int_equal(stats().events_lost - before, FLOOD - heard_time);
    assert_int_equal(lost_told, FLOOD - heard_time);
    stop_counting();
}

/* Nobody reads: each would wait, but once that was in vain nobody does again. */
static void blocking_has_an_end(void **state) {
    (void)state;
    const uint64_t before = stats().events_lost;
    count_with(&(ctrace_deferred_options){.manual = true,
                                          .ring_bytes = 4096,
                                          .block_timeout_ns = 1000000,
                                          .policy = CTRACE_DEFERRED_BLOCK});
    flood();
    assert_true(stats().events_lost > before);
    assert_int_equal(ctrace_flush(CTRACE_FOREVER), CTRACE_OK);
    assert_int_equal(stats().events_lost - before, FLOOD - heard_time);
    stop_counting();
}

static void a_record_too_long_is_a_loss(void **state) {
    (void)state;
    static char text[3000];
    memset(text, 'x', sizeof text - 1);
    const uint64_t before = stats().events_lost;
    count_with(&(ctrace_deferred_options){.manual = true, .ring_bytes = 4096});
    TRACE_INFO("long", ("s", text));
    text[1900] = '\0';
    TRACE_INFO("shorter", ("s", text));
    assert_int_equal(ctrace_flush(CTRACE_FOREVER), CTRACE_OK);
    assert_int_equal(stats().events_lost - before, 1);
    assert_int_equal(heard_time, 1);
    stop_counting();
}

/* ---- Composition ---- */

static void filters_inside_decide_when_delivering(void **state) {
    (void)state;
    ctrace_filter *filter;
    assert_int_equal(ctrace_filter_parse("warn,[chosen]=info", &filter, NULL), CTRACE_OK);
    deferred = ctrace_deferred_new(ctrace_filtered_new(listener_init(&ear, false), filter),
                                   &(ctrace_deferred_options){.manual = true});
    assert_int_equal(ctrace_replace_global(ctrace_subscriber_ref(deferred)), CTRACE_OK);
    TRACE_INFO("no");
    TRACE_WARN("yes");
    {
        TRACE_SPAN("chosen");
        TRACE_INFO("inside");
    }
    TRACE_INFO("no more");
    ctrace_deferred_poll(deferred);
    const char *heard = listener_heard(&ear);
    assert_non_null(strstr(heard, ":yes "));
    assert_non_null(strstr(heard, "chosen:inside "));
    assert_null(strstr(heard, ":no"));
    stop_listening();
}

static void a_branch_of_a_tee(void **state) {
    (void)state;
    static listener live;
    deferred =
        ctrace_deferred_new(listener_init(&ear, false), &(ctrace_deferred_options){.manual = true});
    ctrace_subscriber *branches[] = {listener_init(&live, false), ctrace_subscriber_ref(deferred)};
    assert_int_equal(ctrace_replace_global(ctrace_tee_new(branches, 2)), CTRACE_OK);
    {
        TRACE_SPAN("span");
        TRACE_INFO("event");
    }
    ctrace_deferred_poll(deferred);
    assert_string_equal(listener_heard(&live), "+span >span span:event <span -span ");
    assert_string_equal(listener_heard(&ear), "+span >span span:event <span -span ");
    stop_listening();
}

static void bad_arguments(void **state) {
    (void)state;
    assert_null(ctrace_deferred_new(NULL, NULL));
    assert_non_null(strstr(ctrace_last_error(), "NULL"));
    assert_null(
        ctrace_deferred_new(listener_init(&ear, false), &(ctrace_deferred_options){.policy = 7}));
    assert_non_null(strstr(ctrace_last_error(), "policy"));
    assert_int_equal(ear.alive, 0);
    ctrace_deferred_options dirty = {.manual = true};
    dirty.reserved[3] = 1;
    assert_null(ctrace_deferred_new(listener_init(&ear, false), &dirty));
    assert_int_equal(ctrace_deferred_poll(NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_heard_before_somebody_reads),
        cmocka_unit_test(flushing_reads),
        cmocka_unit_test(the_end_reads),
        cmocka_unit_test(spans_that_outlive_scopes),
        cmocka_unit_test(attached_contexts_are_followed),
        cmocka_unit_test(tasks_have_their_own_spans),
        cmocka_unit_test(identities_are_the_same_live_and_later),
        cmocka_unit_test(moments_are_those_of_emitting),
        cmocka_unit_test(what_is_given_need_not_last),
        cmocka_unit_test(a_format_that_writes_is_refused),
        cmocka_unit_test(what_is_dropped_is_counted_and_told),
        cmocka_unit_test(begins_and_ends_pair_whatever_is_dropped),
        cmocka_unit_test(ends_have_room),
        cmocka_unit_test(losses_are_told_before_what_comes_later),
        cmocka_unit_test(growing_loses_nothing),
        cmocka_unit_test(growing_has_a_cap),
        cmocka_unit_test(blocking_has_an_end),
        cmocka_unit_test(a_record_too_long_is_a_loss),
        cmocka_unit_test(filters_inside_decide_when_delivering),
        cmocka_unit_test(a_branch_of_a_tee),
        cmocka_unit_test(bad_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

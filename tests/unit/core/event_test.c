#include "support/test.h"

#include <errno.h>
#include <string.h>

#include "core/event.h"
#include "core/scratch.h"
#include "ctrace/testing.h"
#include "support/allocator.h"
#include "support/probe.h"

static ctrace_subscriber *seen;

static int set_up(void **state) {
    (void)state;
    seen = ctrace_capture_new(NULL);
    return ctrace_set_global(ctrace_subscriber_ref(seen)) != CTRACE_OK;
}

static int tear_down(void **state) {
    (void)state;
    const bool removed = ctrace_replace_global(NULL) == CTRACE_OK;
    ctrace_subscriber_unref(seen);
    return !removed;
}

/* Around the size that needs no memory. */
static void formatted_messages_of_every_size(void **state) {
    (void)state;
    static char text[100000];
    memset(text, 'x', sizeof text - 1);
    const int sizes[] = {
        0,    1, CTI_EVENT_SMALL - 2, CTI_EVENT_SMALL - 1, CTI_EVENT_SMALL, CTI_EVENT_SMALL + 1,
        99999};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        ctrace_capture_clear(seen);
        TRACE_INFOF("%.*s", sizes[i], text);
        const ctrace_captured *event = ctrace_capture_at(seen, 0);
        assert_int_equal(strlen(event->name), sizes[i]);
        assert_int_equal(strspn(event->name, "x"), sizes[i]);
        assert_string_equal(event->site->name, "%.*s");
    }
}

static int asked;

static void ask_twice(ctrace_subscriber *self, const ctrace_event *event,
                      const ctrace_moment *moment) {
    (void)self;
    (void)moment;
    size_t size = 0;
    const char *message = ctrace_event_message(event, &size);
    assert_int_equal(strlen(message), size);
    assert_ptr_equal(ctrace_event_message(event, NULL), message);
    assert_int_equal(ctrace_fields_count(ctrace_event_fields(event)), 0);
    asked += 1;
}

static void a_message_is_formatted_once(void **state) {
    (void)state;
    static const ctrace_subscriber_ops ops = {.size = sizeof ops, .on_event = ask_twice};
    ctrace_subscriber listener;
    ctrace_subscriber_init(&listener, &ops);
    TRACE_WITH_SUBSCRIBER(&listener) {
        TRACE_INFOF("%d%s", 1, "");
        TRACE_INFO("plain");
        TRACE_INFOF("plain");
        errno = ENOENT;
        TRACE_INFOF("%0300d", 1);
    }
    assert_int_equal(asked, 4);
    ctrace_subscriber_unref(&listener);
}

/* Without memory, what fits is said, and the rest counted. */
static void a_long_message_without_memory(void **state) {
    (void)state;
    static const ctrace_subscriber_ops ops = {.size = sizeof ops, .on_event = ask_twice};
    ctrace_subscriber listener;
    ctrace_subscriber_init(&listener, &ops);
    TRACE_WITH_SUBSCRIBER(&listener) {
        const ctrace_stats before = stats_now();
        allocator_fail_from(1);
        TRACE_INFOF("%0300d", 1);
        allocator_fail_at(0);
        assert_int_equal(stats_now().bytes_lost - before.bytes_lost, 300 - CTI_EVENT_SMALL + 1);
    }
    ctrace_subscriber_unref(&listener);
}

static void a_level_known_at_run_time(void **state) {
    (void)state;
    const ctrace_level given[] = {-1000, 0, 1, 3, 5, 6, 1000};
    const ctrace_level taken[] = {1, 1, 1, 3, 5, 5, 5};
    for (size_t i = 0; i < 7; i++) {
        TRACE_EVENT_DYN(given[i], "dynamic", ("i", i));
        assert_int_equal(ctrace_capture_at(seen, i)->level, taken[i]);
    }
}

static void the_span_around_an_event(void **state) {
    (void)state;
    static probe other;
    ctrace_subscriber *second = probe_init(&other);
    TRACE_SPAN("ours");
    TRACE_WITH_SUBSCRIBER(second) {
        TRACE_SPAN("theirs");
        TRACE_WITH_SUBSCRIBER(seen) {
            TRACE_INFO("event");
        }
    }
    CTRACE_ASSERT_EVENT_IN(seen, "ours", "event"); /* the nearest one that we see */
    assert_string_equal(ctrace_capture_find(seen, CTRACE_CAPTURED_EVENT, "event", NULL)->path,
                        "ours");
    ctrace_subscriber_unref(second);
}

static void emit_here(int i) {
    TRACE_INFO("here", ("i", i));
}

/* Told before the next event of the same callsite, or on a flush. */
static void losses_are_told(void **state) {
    (void)state;
    emit_here(0);
    const ctrace_callsite *site = ctrace_capture_at(seen, 0)->site;
    const ctrace_stats before = stats_now();
    cti_lost_event(site);
    cti_lost_span(site);
    cti_lost_event(site);
    emit_here(1);
    cti_lost_event(NULL);
    assert_int_equal(ctrace_flush(0), CTRACE_OK);
    CTRACE_ASSERT_EVENT(seen, "lost 3 records", ("lost", 3));
    CTRACE_ASSERT_EVENT(seen, "lost 1 records", ("lost", 1));
    const ctrace_captured *told = ctrace_capture_at(seen, 1);
    assert_string_equal(told->target, "ctrace");
    assert_int_equal(told->level, CTRACE_LEVEL_WARN);
    assert_non_null(strstr(told->text, "event_test.c:"));
    assert_string_equal(ctrace_capture_at(seen, 2)->name, "here");
    assert_int_equal(ctrace_capture_count(seen), 4);
    assert_int_equal(stats_now().events_lost - before.events_lost, 3);
    assert_int_equal(stats_now().spans_lost - before.spans_lost, 1);
}

#define WITH_LISTENER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    allocator_use();
    const struct CMUnitTest tests[] = {
        WITH_LISTENER(formatted_messages_of_every_size), WITH_LISTENER(a_message_is_formatted_once),
        WITH_LISTENER(a_long_message_without_memory),    WITH_LISTENER(a_level_known_at_run_time),
        WITH_LISTENER(the_span_around_an_event),         WITH_LISTENER(losses_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "ctrace/context.h"
#include "ctrace/sinks.h"
#include "ctrace/subscriber.h"
#include "ctrace/trace.h"
#include "ctrace/writer.h"
#include "support/sanitized.h"
#include "support/sink_json.h"

typedef struct output {
    ctrace_writer *writer;
    ctrace_subscriber *sink;
} output;

static output begin(ctrace_otlp_options options) {
    output made = {.writer = ctrace_memory_writer_new()};
    made.sink = ctrace_otlp_new(ctrace_writer_ref(made.writer), &options);
    assert_non_null(made.sink);
    return made;
}

static const char *text_of(output *from) {
    size_t size;
    const char *text = ctrace_memory_writer_bytes(from->writer, &size);
    return size == 0 ? "" : text;
}

static const char *flushed(output *from) {
    from->sink->ops->flush(from->sink, CTRACE_FOREVER);
    sink_json_assert_lines(text_of(from));
    return text_of(from);
}

static void end(output *from) {
    ctrace_subscriber_unref(from->sink);
    ctrace_writer_unref(from->writer);
}

static size_t count(const char *text, const char *word) {
    size_t found = 0;
    for (; (text = strstr(text, word)) != NULL; text += strlen(word)) {
        found++;
    }
    return found;
}

static void assert_has(const char *text, const char *part) {
    if (strstr(text, part) == NULL) {
        fail_msg("%s is not in %s", part, text);
    }
}

static void assert_refused(ctrace_otlp_options options, const char *why) {
    assert_null(ctrace_otlp_new(ctrace_memory_writer_new(), &options));
    assert_has(ctrace_last_error(), why);
}

static void bad_options(void **state) {
    (void)state;
    assert_refused((ctrace_otlp_options){.protocol = 2}, "protocol is 2");
    assert_refused((ctrace_otlp_options){.reserved = {1}}, "reserved");
    ctrace_subscriber_unref(ctrace_otlp_new(ctrace_memory_writer_new(), NULL));
    assert_null(ctrace_otlp_new(NULL, NULL));
    assert_has(ctrace_last_error(), "writer");
}

static void nothing_is_sent_before_a_batch_is_full(void **state) {
    (void)state;
    output out =
        begin((ctrace_otlp_options){.batch_records = 3, .batch_age_ns = CTRACE_FOREVER / 4});
    TRACE_WITH_SUBSCRIBER(out.sink) {
        TRACE_INFO("one");
        TRACE_INFO("two");
        assert_string_equal(text_of(&out), "");
        TRACE_INFO("three");
        assert_int_equal(sink_json_assert_lines(text_of(&out)), 1);
        assert_int_equal(count(text_of(&out), "severityNumber"), 3);
    }
    assert_int_equal(count(flushed(&out), "severityNumber"), 3);
    end(&out);
}

static void no_message_is_larger_than_asked_for(void **state) {
    (void)state;
    output out = begin((ctrace_otlp_options){.batch_bytes = 4000});
    TRACE_WITH_SUBSCRIBER(out.sink) {
        for (int i = 0; i < 100; i++) {
            TRACE_INFO("some words", ("i", i));
        }
    }
    const char *text = flushed(&out);
    assert_int_equal(count(text, "severityNumber"), 100);
    assert_in_range(sink_json_assert_lines(text), 5, 50);
    for (const char *line = text; *line != '\0'; line = strchr(line, '\n') + 1) {
        assert_in_range(strcspn(line, "\n"), 1, 5000);
    }
    end(&out);
}

static ctrace_status note_write(void *state, const char *bytes, size_t size) {
    (void)bytes;
    __atomic_add_fetch((size_t *)state, size, __ATOMIC_SEQ_CST);
    return CTRACE_OK;
}

static void what_is_old_is_sent_by_the_timer(void **state) {
    (void)state;
    size_t written = 0;
    ctrace_subscriber *sink = ctrace_otlp_new(ctrace_callback_writer_new(note_write, &written),
                                              &(ctrace_otlp_options){.batch_age_ns = 1000000});
    TRACE_WITH_SUBSCRIBER(sink) {
        TRACE_INFO("alone");
        while (__atomic_load_n(&written, __ATOMIC_SEQ_CST) == 0) {
            cti_sleep_ns(1000000);
        }
    }
    ctrace_subscriber_unref(sink);
}

/* ---- Spans ---- */

static void the_status(void **state) {
    (void)state;
    output out = begin((ctrace_otlp_options){.service_name = "s"});
    TRACE_WITH_SUBSCRIBER(out.sink) {
        {
            TRACE_SPAN("broken");
            TRACE_ERROR("first");
            TRACE_ERROR("second");
        }
        {
            TRACE_SPAN("fine", ("otel.status_code", "OK"));
            TRACE_ERROR("passed over");
        }
        { TRACE_SPAN("said", ("otel.status_message", "as said"), ("otel.kind", "Producer")); }
        TRACE_SPAN("outer");
        {
            TRACE_SPAN("inner");
            TRACE_ERROR("inside");
        }
    }
    const char *text = flushed(&out);
    assert_has(text, "\"status\":{\"message\":\"first\",\"code\":2}");
    assert_has(text, "\"status\":{\"code\":1}");
    assert_has(text, "\"kind\":4");
    assert_has(text, "\"status\":{\"message\":\"as said\",\"code\":2}");
    assert_int_equal(count(text, "\"status\""), 4); /* not the outer one */
    end(&out);
}

static void events_of_a_span_are_bounded(void **state) {
    (void)state;
    setenv("OTEL_SPAN_EVENT_COUNT_LIMIT", "3", 1);
    setenv("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "2", 1);
    setenv("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "1", 1);
    setenv("OTEL_SPAN_LINK_COUNT_LIMIT", "0", 1);
    output out = begin((ctrace_otlp_options){.events_as_span_events = true});
    unsetenv("OTEL_SPAN_EVENT_COUNT_LIMIT");
    unsetenv("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT");
    unsetenv("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT");
    unsetenv("OTEL_SPAN_LINK_COUNT_LIMIT");
    TRACE_WITH_SUBSCRIBER(out.sink) {
        TRACE_SPAN("full", ("a", "\xc3\xa4\xc3\xb6\xc3\xbc"), ("b", 2), ("c", 3));
        ctrace_span_follows(ctrace_span_current(), ctrace_span_current());
        for (int i = 0; i < 5; i++) {
            TRACE_INFO("happened", ("i", i));
        }
    }
    const char *text = flushed(&out);
    assert_int_equal(count(text, "\"name\":\"happened\""), 3);
    assert_has(text, "\"droppedEventsCount\":2");
    assert_has(text, "\"droppedAttributesCount\":2");
    assert_has(text, "{\"key\":\"a\",\"value\":{\"stringValue\":\"\xc3\xa4\xc3\xb6\"}}");
    assert_has(text, "\"droppedLinksCount\":1");
    assert_null(strstr(text, "resourceLogs"));
    end(&out);
}

static void events_may_be_both(void **state) {
    (void)state;
    output out =
        begin((ctrace_otlp_options){.events_as_logs = true, .events_as_span_events = true});
    TRACE_WITH_SUBSCRIBER(out.sink) {
        TRACE_SPAN("around");
        TRACE_INFO("happened");
    }
    const char *text = flushed(&out);
    assert_int_equal(count(text, "\"name\":\"happened\""), 1);
    assert_int_equal(count(text, "\"body\":{\"stringValue\":\"happened\"}"), 1);
    end(&out);
}

static void an_event_in_a_trace_that_came_from_elsewhere(void **state) {
    (void)state;
    output out = begin((ctrace_otlp_options){.batch_records = 1});
    ctrace_remote remote;
    static const char header[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    assert_true(ctrace_traceparent_parse(header, sizeof header - 1, &remote));
    TRACE_WITH_SUBSCRIBER(out.sink) {
        ctrace_span *unwanted = ctrace_i_span_remote(NULL, NULL, &remote);
        TRACE_IN(unwanted) {
            TRACE_INFO("here");
        }
        ctrace_span_unref(unwanted);
    }
    assert_has(text_of(&out), "\"traceId\":\"0af7651916cd43dd8448eb211c80319c\","
                              "\"spanId\":\"b7ad6b7169203331\"");
    end(&out);
}

static void targets_are_scopes(void **state) {
    (void)state;
    output out = begin((ctrace_otlp_options){.batch_records = 0});
    TRACE_WITH_SUBSCRIBER(out.sink) {
        for (int i = 0; i < 3; i++) {
            TRACE_INFO("a", ("i", i));
        }
    }
    const char *text = flushed(&out);
    assert_int_equal(count(text, "\"scope\":"), 1);
    assert_int_equal(count(text, "\"resource\":"), 1);
    end(&out);
}

/* ---- The resource ---- */

static void the_resource(void **state) {
    (void)state;
    setenv("OTEL_SERVICE_NAME", "named", 1);
    setenv("OTEL_RESOURCE_ATTRIBUTES", "service.name=other, host.name = a%2Cb%20c ,k=%C3%A4", 1);
    output out = begin((ctrace_otlp_options){.batch_records = 1});
    setenv("OTEL_RESOURCE_ATTRIBUTES", "k=fine,l=%4", 1);
    output broken = begin((ctrace_otlp_options){.batch_records = 1, .service_name = "opted"});
    unsetenv("OTEL_SERVICE_NAME");
    unsetenv("OTEL_RESOURCE_ATTRIBUTES");
    TRACE_WITH_SUBSCRIBER(out.sink) {
        TRACE_INFO("x");
    }
    TRACE_WITH_SUBSCRIBER(broken.sink) {
        TRACE_INFO("x");
    }
    const char *text = text_of(&out);
    assert_has(text, "{\"key\":\"service.name\",\"value\":{\"stringValue\":\"named\"}}");
    assert_has(text, "{\"key\":\"host.name\",\"value\":{\"stringValue\":\"a,b c\"}}");
    assert_has(text, "{\"key\":\"k\",\"value\":{\"stringValue\":\"\xc3\xa4\"}}");
    assert_has(text, "\"process.pid\"");
    assert_int_equal(count(text, "\"service.name\""), 1);
    assert_int_equal(count(text, "\"host.name\""), 1);
    assert_has(text_of(&broken),
               "{\"key\":\"service.name\",\"value\":{\"stringValue\":\"opted\"}}");
    assert_null(strstr(text_of(&broken), "fine"));
    end(&out);
    end(&broken);
}

static void signals_can_be_off(void **state) {
    (void)state;
    setenv("OTEL_LOGS_EXPORTER", "none", 1);
    output traces = begin((ctrace_otlp_options){.service_name = "s"});
    unsetenv("OTEL_LOGS_EXPORTER");
    setenv("OTEL_SDK_DISABLED", "true", 1);
    output nothing = begin((ctrace_otlp_options){.service_name = "s"});
    unsetenv("OTEL_SDK_DISABLED");
    TRACE_WITH_SUBSCRIBER(traces.sink) {
        TRACE_SPAN("s");
        TRACE_INFO("x");
    }
    TRACE_WITH_SUBSCRIBER(nothing.sink) {
        TRACE_SPAN("s");
        TRACE_INFO("x");
    }
    assert_null(strstr(flushed(&traces), "resourceLogs"));
    assert_has(text_of(&traces), "resourceSpans");
    assert_string_equal(flushed(&nothing), "");
    end(&traces);
    end(&nothing);
}

/* ---- Losses, forks, threads ---- */

static ctrace_status refuse(void *state, const char *bytes, size_t size) {
    (void)state;
    (void)bytes;
    (void)size;
    return CTRACE_EIO;
}

static void what_cannot_be_written_is_counted(void **state) {
    (void)state;
    ctrace_stats before;
    ctrace_stats after;
    ctrace_stats_get(&before, sizeof before);
    ctrace_subscriber *sink = ctrace_otlp_new(ctrace_callback_writer_new(refuse, NULL), NULL);
    TRACE_WITH_SUBSCRIBER(sink) {
        TRACE_SPAN("s");
        TRACE_INFO("x");
        TRACE_INFO("y");
    }
    ctrace_subscriber_unref(sink);
    ctrace_stats_get(&after, sizeof after);
    assert_int_equal(after.spans_lost - before.spans_lost, 1);
    assert_int_equal(after.events_lost - before.events_lost, 2);
}

static void a_child_begins_with_empty_batches(void **state) {
    (void)state;
    if (!may_start_threads_after_fork()) {
        skip();
    }
    output out = begin((ctrace_otlp_options){.service_name = "s"});
    TRACE_WITH_SUBSCRIBER(out.sink) {
        TRACE_INFO("the parent's");
        const pid_t child = fork();
        if (child == 0) {
            TRACE_INFO("the child's");
            const char *text = flushed(&out);
            _exit(count(text, "severityNumber") == 1 && strstr(text, "the child's") != NULL ? 0
                                                                                            : 1);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
    }
    assert_int_equal(count(flushed(&out), "severityNumber"), 1);
    end(&out);
}

enum { THREADS = 4, ROUNDS = 500 };

static void *emit_much(void *context) {
    ctrace_context_attach(context);
    for (int i = 0; i < ROUNDS; i++) {
        TRACE_SPAN("work", ("i", i));
        TRACE_INFO("step", ("i", i));
    }
    ctrace_context_detach(context);
    return NULL;
}

static void many_threads_one_span(void **state) {
    (void)state;
    pthread_t threads[THREADS];
    output out = begin((ctrace_otlp_options){.batch_records = 64, .batch_age_ns = 1000000});
    TRACE_WITH_SUBSCRIBER(out.sink) {
        TRACE_SPAN("shared");
        ctrace_context *context = ctrace_context_capture();
        for (int i = 0; i < THREADS; i++) {
            assert_int_equal(pthread_create(&threads[i], NULL, emit_much, context), 0);
        }
        for (int i = 0; i < THREADS; i++) {
            pthread_join(threads[i], NULL);
        }
        ctrace_context_release(context);
    }
    const char *text = flushed(&out);
    assert_int_equal(count(text, "\"name\":\"work\""), THREADS * ROUNDS);
    assert_int_equal(count(text, "\"stringValue\":\"step\""), THREADS * ROUNDS);
    end(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_options),
        cmocka_unit_test(nothing_is_sent_before_a_batch_is_full),
        cmocka_unit_test(no_message_is_larger_than_asked_for),
        cmocka_unit_test(what_is_old_is_sent_by_the_timer),
        cmocka_unit_test(the_status),
        cmocka_unit_test(events_of_a_span_are_bounded),
        cmocka_unit_test(events_may_be_both),
        cmocka_unit_test(an_event_in_a_trace_that_came_from_elsewhere),
        cmocka_unit_test(targets_are_scopes),
        cmocka_unit_test(the_resource),
        cmocka_unit_test(signals_can_be_off),
        cmocka_unit_test(what_cannot_be_written_is_counted),
        cmocka_unit_test(a_child_begins_with_empty_batches),
        cmocka_unit_test(many_threads_one_span),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

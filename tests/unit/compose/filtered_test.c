/* Filters at work: what comes through, spans that open gates, reloads. */
#define TRACE_TARGET "shop::db"
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ctrace/filter.h"
#include "ctrace/subscriber.h"
#include "ctrace/trace.h"
#include "support/listener.h"

static listener ear;

static ctrace_filter *parse(const char *directives) {
    ctrace_filter *filter = NULL;
    assert_int_equal(ctrace_filter_parse(directives, &filter, NULL), CTRACE_OK);
    return filter;
}

/* The subscriber is `ear` behind the directives; the caller gives the reference back. */
static ctrace_subscriber *listen_for(const char *directives) {
    ctrace_subscriber *filtered =
        ctrace_filtered_new(listener_init(&ear, false), parse(directives));
    assert_non_null(filtered);
    return filtered;
}

static void heard(const char *expected) {
    assert_string_equal(listener_heard(&ear), expected);
}

static void end(ctrace_subscriber *filtered) {
    assert_int_equal(ctrace_i_open_gates, 0);
    ctrace_subscriber_unref(filtered);
    ctrace_flush(CTRACE_FOREVER);
    assert_int_equal(ear.alive, 0);
    assert_int_equal(ctrace_i_open_gates, 0);
}

static void work(int user) {
    TRACE_SPAN("request", ("user", user));
    TRACE_DEBUG("working");
    TRACE_TRACE("details");
}

static void static_directives_silence(void **state) {
    (void)state;
    ctrace_subscriber *filtered = listen_for("warn,shop=debug");
    CTRACE_WITH_SUBSCRIBER(filtered) {
        work(1);
    }
    heard("+request >request request:working <request -request ");
    end(filtered);
    filtered = listen_for("trace,shop=off");
    CTRACE_WITH_SUBSCRIBER(filtered) {
        work(1);
    }
    heard("");
    end(filtered);
    filtered = listen_for("");
    CTRACE_WITH_SUBSCRIBER(filtered) {
        work(1);
    }
    heard("");
    end(filtered);
}

static void a_span_opens_its_inside(void **state) {
    (void)state;
    ctrace_subscriber *filtered = listen_for("error,[request{user=42}]=debug");
    CTRACE_WITH_SUBSCRIBER(filtered) {
        TRACE_INFO("before");
        work(41);
        assert_int_equal(ctrace_i_open_gates, 0);
        work(42);
        TRACE_INFO("after");
        TRACE_ERROR("bad");
    }
    heard("+request >request <request -request "
          "+request >request request:working <request -request :bad ");
    end(filtered);
}

static void spans_inside_are_let_through_up_to_the_level(void **state) {
    (void)state;
    ctrace_subscriber *filtered = listen_for("[request]=info");
    CTRACE_WITH_SUBSCRIBER(filtered) {
        TRACE_SPAN("outside");
        {
            TRACE_SPAN_AT(CTRACE_LEVEL_TRACE, "request");
            TRACE_SPAN("inside");
            TRACE_SPAN_AT(CTRACE_LEVEL_DEBUG, "too deep");
            TRACE_INFO("hello");
        }
        TRACE_INFO("gone");
    }
    heard("+request >request +request/inside >inside inside:hello <inside -inside "
          "<request -request ");
    end(filtered);
}

static void recorded_values_open_and_close(void **state) {
    (void)state;
    ctrace_subscriber *filtered = listen_for("[request{user=42}]=debug");
    CTRACE_WITH_SUBSCRIBER(filtered) {
        TRACE_SPAN_AS(request, "request", ("user", TRACE_EMPTY));
        TRACE_DEBUG("one");
        assert_int_equal(ctrace_i_open_gates, 0);
        TRACE_RECORD(request, ("user", 42));
        assert_int_equal(ctrace_i_open_gates, 1);
        TRACE_DEBUG("two");
        TRACE_RECORD(request, ("user", 43));
        assert_int_equal(ctrace_i_open_gates, 0);
        TRACE_DEBUG("three");
    }
    heard("+request >request request!user request:two request!user <request -request ");
    end(filtered);
}

static void events_come_through_by_their_fields(void **state) {
    (void)state;
    ctrace_subscriber *filtered = listen_for("error,[{job>7}]=info,[{slow}]=debug,db[{x}]");
    CTRACE_WITH_SUBSCRIBER(filtered) {
        for (int job = 7; job < 9; job++) {
            TRACE_INFO("job", ("job", job));
            TRACE_DEBUG("more", ("job", job));
        }
        TRACE_DEBUG("slow", ("slow", 1));
        TRACE_TRACE("slower", ("slow", 1));
        TRACE_INFO("x", ("x", 1));
    }
    heard(":job :slow ");
    end(filtered);
}

static void *work_elsewhere(void *filtered) {
    CTRACE_WITH_SUBSCRIBER(filtered) {
        TRACE_DEBUG("elsewhere");
    }
    return NULL;
}

static void other_threads_stay_silent(void **state) {
    (void)state;
    ctrace_subscriber *filtered = listen_for("[request]");
    CTRACE_WITH_SUBSCRIBER(filtered) {
        TRACE_SPAN("request");
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, work_elsewhere, filtered), 0);
        pthread_join(thread, NULL);
        TRACE_DEBUG("here");
    }
    heard("+request >request request:here <request -request ");
    end(filtered);
}

static void detached_spans_open_while_entered(void **state) {
    (void)state;
    ctrace_subscriber *filtered = listen_for("[connection]");
    CTRACE_WITH_SUBSCRIBER(filtered) {
        ctrace_span *connection = TRACE_SPAN_NEW("connection");
        TRACE_INFO("no");
        TRACE_IN(connection) {
            TRACE_IN(connection) {
                assert_int_equal(ctrace_i_open_gates, 2);
                TRACE_INFO("yes");
            }
        }
        assert_int_equal(ctrace_i_open_gates, 0);
        TRACE_INFO("no");
        ctrace_span_unref(connection);
    }
    heard("+connection >connection >connection connection:yes <connection <connection "
          "-connection ");
    end(filtered);
}

static void gates_open_for_who_wants_no_spans(void **state) {
    (void)state;
    ctrace_subscriber *filtered =
        ctrace_filtered_new(listener_init(&ear, true), parse("[request]"));
    CTRACE_WITH_SUBSCRIBER(filtered) {
        work(1);
        TRACE_ERROR("outside");
    }
    heard(":working :details ");
    end(filtered);
}

static void filters_nest(void **state) {
    (void)state;
    ctrace_subscriber *inner = listen_for("info,[request]=debug");
    ctrace_subscriber *filtered = ctrace_filtered_new(inner, parse("trace,[job]=trace"));
    CTRACE_WITH_SUBSCRIBER(filtered) {
        TRACE_DEBUG("outside");
        TRACE_INFO("info");
        work(1);
    }
    heard(":info +request >request request:working <request -request ");
    end(filtered);
}

static void reloads_take_effect_at_once(void **state) {
    (void)state;
    ctrace_subscriber *filtered = listen_for("info");
    CTRACE_WITH_SUBSCRIBER(filtered) {
        for (int i = 0; i < 3; i++) {
            TRACE_SPAN("request", ("i", i));
            TRACE_DEBUG("one");
            const char *directives[] = {"debug", "info,[request{i=1}]=trace", "off"};
            assert_int_equal(ctrace_filter_reload(filtered, parse(directives[i])), CTRACE_OK);
            TRACE_DEBUG("two");
        }
        TRACE_ERROR("three");
    }
    heard("+request >request request:two <request -request "
          "+request >request request:one request:two <request -request "
          "+request >request <request -request ");
    end(filtered);
}

static void only_filtered_subscribers_are_reloaded(void **state) {
    (void)state;
    ctrace_subscriber *plain = listener_init(&ear, false);
    assert_int_equal(ctrace_filter_reload(plain, parse("info")), CTRACE_EINVAL);
    assert_int_equal(ctrace_filter_reload(NULL, parse("info")), CTRACE_EINVAL);
    assert_null(ctrace_filtered_new(plain, NULL));
    assert_int_equal(ear.alive, 0);
    assert_null(ctrace_filtered_new(NULL, parse("info")));
}

static bool is_working(void *arg, const ctrace_callsite *site) {
    (void)arg;
    return strcmp(site->name, "working") == 0;
}

static void functions_decide(void **state) {
    (void)state;
    ctrace_filter *not_working = ctrace_filter_not(ctrace_filter_fn_new(is_working, NULL));
    ctrace_subscriber *filtered = ctrace_filtered_new(listener_init(&ear, false), not_working);
    CTRACE_WITH_SUBSCRIBER(filtered) {
        work(1);
    }
    heard("+request >request request:details <request -request ");
    end(filtered);
}

static void more_than_64_directives(void **state) {
    (void)state;
    char text[4096] = "error";
    for (int i = 0; i < 100; i++) {
        char more[64];
        snprintf(more, sizeof more, ",[request{user=%d}]=%s", i, i % 2 == 0 ? "debug" : "trace");
        strcat(text, more);
    }
    ctrace_subscriber *filtered = listen_for(text);
    CTRACE_WITH_SUBSCRIBER(filtered) {
        work(98);
        work(99);
        work(100);
    }
    heard("+request >request request:working <request -request "
          "+request >request request:working request:details <request -request "
          "+request >request <request -request ");
    end(filtered);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(static_directives_silence),
        cmocka_unit_test(a_span_opens_its_inside),
        cmocka_unit_test(spans_inside_are_let_through_up_to_the_level),
        cmocka_unit_test(recorded_values_open_and_close),
        cmocka_unit_test(events_come_through_by_their_fields),
        cmocka_unit_test(other_threads_stay_silent),
        cmocka_unit_test(detached_spans_open_while_entered),
        cmocka_unit_test(gates_open_for_who_wants_no_spans),
        cmocka_unit_test(filters_nest),
        cmocka_unit_test(reloads_take_effect_at_once),
        cmocka_unit_test(only_filtered_subscribers_are_reloaded),
        cmocka_unit_test(functions_decide),
        cmocka_unit_test(more_than_64_directives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

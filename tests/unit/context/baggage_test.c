/* Baggage: what it holds, how long, and where it goes. */
#include "ctrace/context.h"
#include "ctrace/subscriber.h"

#include "support/test.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "support/headers.h"
#include "support/probe.h"

static headers in, out;

/* Reads a baggage header, and writes what is passed on. */
static const char *pass_on(const char *header) {
    ctrace_remote remote;
    in.count = out.count = 0;
    if (header != NULL) {
        headers_set(&in, "baggage", header);
    }
    assert_false(ctrace_extract(headers_get, &in, &remote));
    ctrace_inject(headers_set, &out);
    return headers_first(&out, "baggage");
}

static void assert_baggage(const char *key, const char *value) {
    const char *got = ctrace_baggage_get(key);
    if (value == NULL) {
        assert_null(got);
    } else {
        assert_non_null(got);
        assert_string_equal(got, value);
    }
}

static void what_is_set_is_got_and_sent(void **state) {
    (void)state;
    TRACE_SPAN("span");
    assert_baggage("user", NULL);
    assert_true(ctrace_baggage_set("user", "Am\xc3\xa9lie, \"42\"; 100%"));
    assert_true(ctrace_baggage_set("empty", ""));
    assert_baggage("user", "Am\xc3\xa9lie, \"42\"; 100%");
    assert_baggage("empty", "");
    assert_baggage("use", NULL);
    out.count = 0;
    ctrace_inject(headers_set, &out);
    assert_string_equal(headers_first(&out, "baggage"),
                        "user=Am%C3%A9lie%2C%20%2242%22%3B%20100%25,empty=");
    assert_true(ctrace_baggage_set("user", "bob"));
    assert_true(ctrace_baggage_set("empty", NULL));
    assert_baggage("user", "bob");
    assert_baggage("empty", NULL);
    assert_true(ctrace_baggage_set("user", NULL));
    assert_true(ctrace_baggage_set("user", NULL));
    out.count = 0;
    ctrace_inject(headers_set, &out);
    assert_null(headers_get(&out, "baggage", 0));
}

static void keys_are_tokens(void **state) {
    (void)state;
    static const char *const bad[] = {"", "a b", "a=b", "a,b", "a;b", "\xc3\xa9", "a\tb", "\"a\""};
    TRACE_SPAN("span");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(ctrace_baggage_set(bad[i], "value"));
    }
    assert_false(ctrace_baggage_set(NULL, "value"));
    assert_null(ctrace_baggage_get(NULL));
    assert_true(ctrace_baggage_set("!#$%&'*+-.^_`|~aZ09", "value"));
}

static void headers_are_passed_on_without_what_is_wrong_in_them(void **state) {
    (void)state;
    static const char *const forms[][2] = {
        {"key1=value1;property1;property2, key2 = value2, key3=value3; propertyKey=propertyValue",
         "key1=value1;property1;property2,key2=value2,key3=value3;propertyKey=propertyValue"},
        {"userId =   alice", "userId=alice"},
        {"a=b=c==", "a=b=c=="},
        {"a=,b", "a="},
        {"a=1,b c=2,d=\"3\",e=4\\,f=5 5,=6,g=7;=8,h=9", "a=1,h=9"},
        {"a=1;,b=2", "b=2"},
        {"\xc3\xa9=1,a=\xc3\xa9,b=%C3%A9", "b=%C3%A9"},
        {"a=1,a=2", "a=1,a=2"},
        {" , ,", ""},
        {NULL, ""},
    };
    TRACE_SPAN("span");
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        assert_string_equal(pass_on(forms[i][0]), forms[i][1]);
    }
    pass_on("a=1,a=2;p");
    assert_baggage("a", "2");
}

static void values_are_decoded(void **state) {
    (void)state;
    TRACE_SPAN("span");
    pass_on("a=DF%2028,b=Am%c3%A9lie,c=100%,d=%zz%4,e=%FF%C3x,f=%00,g=x;p=%20");
    assert_baggage("a", "DF 28");
    assert_baggage("b", "Am\xc3\xa9lie");
    assert_baggage("c", "100%");
    assert_baggage("d", "%zz%4");
    assert_baggage("e", "\xef\xbf\xbd\xef\xbf\xbdx");
    assert_baggage("f", "\xef\xbf\xbd");
    assert_baggage("g", "x");
}

static void several_headers_are_one(void **state) {
    (void)state;
    ctrace_remote remote;
    TRACE_SPAN("span");
    in.count = 0;
    headers_set(&in, "baggage", "a=1");
    headers_set(&in, "baggage", "b=2");
    assert_false(ctrace_extract(headers_get, &in, &remote));
    assert_baggage("a", "1");
    assert_baggage("b", "2");
}

static void it_is_bounded(void **state) {
    (void)state;
    char key[16];
    static char value[8300];
    TRACE_SPAN("span");
    for (int i = 0; i < 64; i++) {
        snprintf(key, sizeof key, "key%d", i);
        assert_true(ctrace_baggage_set(key, "1"));
    }
    assert_false(ctrace_baggage_set("one-more", "1"));
    assert_true(ctrace_baggage_set("key7", "2")); /* in another's place */
    assert_baggage("key63", "1");
    TRACE_BLOCK("inner") {
        pass_on(NULL);
        memset(value, 'v', sizeof value - 1);
        value[8190] = '\0';
        assert_true(ctrace_baggage_set("k", value)); /* 8,192 bytes */
        assert_false(ctrace_baggage_set("x", ""));
        value[8190] = 'v';
        value[8191] = '\0';
        assert_false(ctrace_baggage_set("k", value));
        assert_int_equal(strlen(ctrace_baggage_get("k")), 8190);
    }
    assert_baggage("key63", "1");
}

static void a_long_header_loses_whole_members(void **state) {
    (void)state;
    static char list[9000];
    list[0] = '\0';
    TRACE_SPAN("span");
    for (int i = 0; i < 70; i++) {
        snprintf(list + strlen(list), sizeof list - strlen(list), "key%d=1,", i);
    }
    pass_on(list);
    assert_baggage("key63", "1");
    assert_baggage("key64", NULL);
    memset(list, 'v', sizeof list - 1);
    memcpy(list, "a=1,b=", 6);
    memcpy(list + 8900, ",c=2", 5);
    pass_on(list);
    assert_string_equal(headers_first(&out, "baggage"), "a=1,c=2");
}

static void it_lasts_as_long_as_what_it_was_set_in(void **state) {
    (void)state;
    const ctrace_stats before = stats_now();
    TRACE_SPAN("outer");
    assert_true(ctrace_baggage_set("a", "outer"));
    TRACE_BLOCK("inner") {
        assert_baggage("a", "outer");
        assert_true(ctrace_baggage_set("a", "inner"));
        assert_true(ctrace_baggage_set("b", "inner"));
        assert_baggage("a", "inner");
    }
    assert_baggage("a", "outer");
    assert_baggage("b", NULL);
    ctrace_span *span = TRACE_SPAN_NEW("entered");
    TRACE_IN(span) {
        assert_true(ctrace_baggage_set("a", "entered"));
        TRACE_WITH_SUBSCRIBER(NULL) {
            assert_baggage("a", "entered");
        }
    }
    ctrace_span_enter(span);
    assert_true(ctrace_baggage_set("a", "entered"));
    ctrace_span_exit(span);
    ctrace_span_unref(span);
    assert_baggage("a", "outer");
    assert_true(stats_now().spans_repaired == before.spans_repaired);
}

static void *look(void *argument) {
    const char *got = ctrace_baggage_get("a");
    snprintf(argument, 16, "%s", got == NULL ? "none" : got);
    ctrace_baggage_set("a", "a thread's own");
    return NULL;
}

static void run_job(void *argument) {
    look(argument);
}

static void it_goes_where_work_goes(void **state) {
    (void)state;
    const ctrace_stats before = stats_now();
    char seen[16];
    pthread_t thread;
    ctrace_job job;
    TRACE_SPAN("span");
    assert_true(ctrace_baggage_set("a", "1"));
    ctrace_job_init(&job, run_job, seen);
    ctrace_job cancelled;
    ctrace_job_init(&cancelled, run_job, seen);
    ctrace_context *context = ctrace_context_capture();
    ctrace_task *task = ctrace_task_new();
    assert_true(ctrace_baggage_set("a", "2"));
    assert_int_equal(ctrace_thread_create(&thread, NULL, look, seen), 0);
    pthread_join(thread, NULL);
    assert_string_equal(seen, "2");
    assert_int_equal(pthread_create(&thread, NULL, look, seen), 0);
    pthread_join(thread, NULL);
    assert_string_equal(seen, "none");
    TRACE_ATTACHED(context) {
        look(seen);
    }
    assert_string_equal(seen, "1");
    ctrace_task_resume(task);
    look(seen);
    ctrace_task_suspend(task);
    assert_string_equal(seen, "1");
    assert_baggage("a", "2");
    ctrace_task_resume(task);
    assert_baggage("a", "a thread's own");
    ctrace_task_suspend(task);
    ctrace_job_run(&job);
    assert_string_equal(seen, "1");
    ctrace_job_cancel(&cancelled);
    ctrace_context_release(context);
    ctrace_task_free(task);
    assert_true(stats_now().spans_repaired == before.spans_repaired);
}

static void it_goes_on_when_nobody_listens(void **state) {
    (void)state;
    char seen[16];
    TRACE_WITH_SUBSCRIBER(NULL) {
        ctrace_context *nothing = ctrace_context_capture();
        assert_null(nothing);
        assert_true(ctrace_baggage_set("a", "1"));
        ctrace_context *context = ctrace_context_capture();
        assert_true(ctrace_baggage_set("a", NULL));
        TRACE_ATTACHED(context) {
            look(seen);
        }
        ctrace_context_release(context);
    }
    assert_string_equal(seen, "1");
    assert_baggage("a", NULL);
}

static bool set_inside;

static void set_in_callback(probe *self, probe_callback callback, ctrace_span *span) {
    (void)self, (void)span;
    if (callback == PROBE_EVENT) {
        set_inside = ctrace_baggage_set("a", "1");
    }
}

static probe listener;

static void not_from_inside_a_callback(void **state) {
    (void)state;
    TRACE_SPAN("span");
    set_inside = true;
    listener.hook = set_in_callback;
    TRACE_INFO("event");
    listener.hook = NULL;
    assert_false(set_inside);
    assert_baggage("a", NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(what_is_set_is_got_and_sent),
        TEST(keys_are_tokens),
        TEST(headers_are_passed_on_without_what_is_wrong_in_them),
        TEST(values_are_decoded),
        TEST(several_headers_are_one),
        TEST(it_is_bounded),
        TEST(a_long_header_loses_whole_members),
        TEST(it_lasts_as_long_as_what_it_was_set_in),
        TEST(it_goes_where_work_goes),
        TEST(it_goes_on_when_nobody_listens),
        TEST(not_from_inside_a_callback),
    };
    int failed = ctrace_replace_global(probe_init(&listener)) != CTRACE_OK;
    failed += cmocka_run_group_tests(tests, NULL, NULL);
    return failed + (ctrace_replace_global(NULL) != CTRACE_OK);
}

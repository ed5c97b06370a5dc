/* A plugin that emits comes and goes; what it said stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "ctrace/testing.h"

enum { TIMES = 100 };

typedef ctrace_span *plugin_function(int i);

static plugin_function *open_plugin(void **ret_handle) {
    void *handle = dlopen(CTRACE_PLUGIN_DIR "/emitter.so", RTLD_NOW | RTLD_LOCAL);
    assert_non_null(handle);
    void *symbol = dlsym(handle, "plugin_emit");
    plugin_function *function;
    memcpy(&function, &symbol, sizeof function);
    *ret_handle = handle;
    return function;
}

static void close_plugin(void *handle) {
    assert_int_equal(dlclose(handle), 0);
    assert_null(dlopen(CTRACE_PLUGIN_DIR "/emitter.so", RTLD_NOW | RTLD_NOLOAD));
}

static uint64_t callsites(void) {
    ctrace_stats stats;
    ctrace_stats_get(&stats, sizeof stats);
    return stats.callsites;
}

static void what_it_said_outlives_it(void **state) {
    (void)state;
    ctrace_subscriber *seen = ctrace_capture_new(NULL);
    assert_int_equal(ctrace_replace_global(ctrace_subscriber_ref(seen)), CTRACE_OK);
    uint64_t known = 0;
    for (int i = 0; i < TIMES; i++) {
        void *handle;
        ctrace_span *span = open_plugin(&handle)(i);
        close_plugin(handle);
        assert_string_equal(ctrace_span_name(span), "detached by the plugin");
        assert_string_equal(ctrace_span_site(span)->target, "plugin::emitter");
        TRACE_IN(span) {
            TRACE_INFO("after it went");
        }
        ctrace_interest_changed(seen);
        ctrace_span_unref(span);
        known = i == 0 ? callsites() : known;
    }
    assert_int_equal(callsites(), known);
    CTRACE_ASSERT_COUNT(seen, CTRACE_CAPTURED_EVENT, "from the plugin", TIMES);
    CTRACE_ASSERT_EVENT_IN(seen, "outer:work", "from the plugin", ("i", TIMES - 1),
                           ("text", "the plugin's own"));
    CTRACE_ASSERT_EVENT(seen, "formatted 42");
    CTRACE_ASSERT_SPAN(seen, "work", ("i", 7), ("return", 8));
    CTRACE_ASSERT_SPAN(seen, "outer", ("text", "recorded"));
    CTRACE_ASSERT_SPAN(seen, "detached by the plugin", ("text", "kept"), ("i", TIMES - 1));
    CTRACE_ASSERT_EVENT_IN(seen, "detached by the plugin", "after it went");
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
    ctrace_subscriber_unref(seen);
}

/* ---- While others emit, and who listens changes ---- */

static atomic_bool stop;

static void *emit(void *argument) {
    while (!atomic_load(&stop)) {
        TRACE_SPAN("around");
        TRACE_INFO("meanwhile");
    }
    return argument;
}

static void *swap(void *argument) {
    while (!atomic_load(&stop)) {
        const ctrace_capture_options few = {.max_captured = 100};
        if (ctrace_replace_global(ctrace_capture_new(&few)) != CTRACE_OK) {
            return NULL;
        }
    }
    return argument;
}

static void it_comes_and_goes_while_others_emit(void **state) {
    (void)state;
    pthread_t threads[3];
    int ok;
    assert_int_equal(pthread_create(&threads[0], NULL, emit, &ok), 0);
    assert_int_equal(pthread_create(&threads[1], NULL, emit, &ok), 0);
    assert_int_equal(pthread_create(&threads[2], NULL, swap, &ok), 0);
    for (int i = 0; i < TIMES; i++) {
        void *handle;
        ctrace_span_unref(open_plugin(&handle)(i));
        close_plugin(handle);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < 3; i++) {
        void *result;
        pthread_join(threads[i], &result);
        assert_non_null(result);
    }
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_it_said_outlives_it),
        cmocka_unit_test(it_comes_and_goes_while_others_emit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

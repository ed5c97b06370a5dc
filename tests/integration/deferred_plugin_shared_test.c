/* A plugin goes while its records still wait. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dlfcn.h>
#include <string.h>

#include "ctrace/deferred.h"
#include "ctrace/testing.h"

enum { TIMES = 20 };

typedef ctrace_span *plugin_function(int i);

static void emit_from_a_plugin(int i) {
    void *handle = dlopen(CTRACE_PLUGIN_DIR "/emitter.so", RTLD_NOW | RTLD_LOCAL);
    assert_non_null(handle);
    void *symbol = dlsym(handle, "plugin_emit");
    plugin_function *function;
    memcpy(&function, &symbol, sizeof function);
    ctrace_span_unref(function(i));
    assert_int_equal(dlclose(handle), 0);
    assert_null(dlopen(CTRACE_PLUGIN_DIR "/emitter.so", RTLD_NOW | RTLD_NOLOAD));
}

static void records_outlive_the_code(void **state) {
    (void)state;
    ctrace_subscriber *seen = ctrace_capture_new(NULL);
    ctrace_subscriber *deferred = ctrace_deferred_new(ctrace_subscriber_ref(seen),
                                                      &(ctrace_deferred_options){.manual = true});
    assert_int_equal(ctrace_replace_global(deferred), CTRACE_OK);
    for (int i = 0; i < TIMES; i++) {
        emit_from_a_plugin(i);
    }
    CTRACE_ASSERT_COUNT(seen, CTRACE_CAPTURED_EVENT, "from the plugin", 0);
    assert_true(ctrace_deferred_poll(deferred) > 0);
    CTRACE_ASSERT_COUNT(seen, CTRACE_CAPTURED_EVENT, "from the plugin", TIMES);
    CTRACE_ASSERT_EVENT_IN(seen, "outer:work", "from the plugin", ("i", TIMES - 1),
                           ("text", "the plugin's own"));
    CTRACE_ASSERT_EVENT(seen, "formatted 7");
    CTRACE_ASSERT_SPAN(seen, "work", ("i", 7), ("return", 8));
    CTRACE_ASSERT_SPAN(seen, "detached by the plugin", ("text", "kept"), ("i", TIMES - 1));
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
    ctrace_subscriber_unref(seen);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_outlive_the_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Who listens changes while eight threads emit: nobody is given what it does not want, and everyone
 * is freed once, after its last callback. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>

#include "support/probe.h"

enum { THREADS = 8, SWAPS = 300 };

static atomic_bool stop;
static probe probes[SWAPS];
static pthread_t threads[THREADS];

static void emit_some(int i) {
    TRACE_SPAN_AS(span, "wanted", ("i", i), ("text", TRACE_EMPTY));
    TRACE_RECORD(span, ("text", "text"));
    TRACE_INFO("wanted", ("i", i));
    TRACE_DEBUG("unwanted");
    ctrace_span *other = TRACE_SPAN_NEW("unwanted");
    TRACE_IN(other) {
        TRACE_INFO("wanted");
    }
    ctrace_span_unref(other);
}

static void *emit(void *argument) {
    for (int i = 0; !atomic_load(&stop); i++) {
        emit_some(i);
    }
    return argument;
}

static void start(void) {
    atomic_store(&stop, false);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, emit, NULL), 0);
    }
}

static void finish(void) {
    atomic_store(&stop, true);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
}

static void refuse_unwanted(probe *self, probe_callback callback, ctrace_span *span) {
    (void)self;
    if (callback == PROBE_NEW) {
        assert_string_equal(ctrace_span_name(span), "wanted");
    }
    assert_int_not_equal(callback, PROBE_ENABLED);
}

static ctrace_subscriber *nth_probe(int i) {
    ctrace_subscriber *made = probe_init(&probes[i]);
    probes[i].only = i % 2 == 0 ? "wanted" : NULL; /* every other one wants all */
    probes[i].hook = i % 2 == 0 ? refuse_unwanted : NULL;
    return made;
}

static void all_are_freed_in_time(void) {
    for (int i = 0; i < SWAPS; i++) {
        assert_int_equal(probe_calls(&probes[i], PROBE_FREE), 1);
        assert_false(atomic_load(&probes[i].freed_too_soon));
        assert_int_equal(probe_calls(&probes[i], PROBE_NEW), probe_calls(&probes[i], PROBE_CLOSE));
        assert_int_equal(probe_calls(&probes[i], PROBE_ENTER), probe_calls(&probes[i], PROBE_EXIT));
    }
}

static void the_process_changes_its_subscriber(void **state) {
    (void)state;
    start();
    for (int i = 0; i < SWAPS; i++) {
        assert_int_equal(ctrace_replace_global(nth_probe(i)), CTRACE_OK);
        if (i % 3 == 0) {
            ctrace_interest_changed(&probes[i].base);
        }
        if (i % 7 == 0) {
            assert_int_equal(ctrace_flush(CTRACE_FOREVER), CTRACE_OK);
        }
    }
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
    finish();
    ctrace_flush(CTRACE_FOREVER);
    all_are_freed_in_time();
}

static void a_thread_changes_its_own(void **state) {
    (void)state;
    start();
    static probe global;
    assert_int_equal(ctrace_set_global(probe_init(&global)), CTRACE_OK);
    for (int i = 0; i < SWAPS; i++) {
        ctrace_subscriber *mine = nth_probe(i);
        TRACE_WITH_SUBSCRIBER(mine) {
            emit_some(i);
            TRACE_WITH_SUBSCRIBER(NULL) {
                emit_some(i);
            }
        }
        assert_int_equal(probe_calls(&probes[i], PROBE_EVENT), i % 2 == 0 ? 2 : 3);
        assert_int_equal(probe_calls(&probes[i], PROBE_NEW), i % 2 == 0 ? 1 : 2);
        ctrace_subscriber_unref(mine);
    }
    finish();
    assert_int_equal(ctrace_shutdown(CTRACE_FOREVER), CTRACE_OK);
    assert_int_equal(probe_calls(&global, PROBE_FREE), 1);
    all_are_freed_in_time();
}

static void *set_and_take_away(void *argument) {
    probe *own = argument;
    for (int i = 0; i < SWAPS / 10; i++) {
        if (ctrace_set_global(probe_init(own)) == CTRACE_OK) {
            emit_some(i);
            if (ctrace_shutdown(CTRACE_FOREVER) != CTRACE_OK) {
                return NULL;
            }
        }
        while (probe_calls(own, PROBE_FREE) == 0) {
            ctrace_flush(0);
        }
    }
    return argument;
}

/* Set and shut down from several threads, which take each other's away. */
static void several_threads_set_and_shut_down(void **state) {
    (void)state;
    static probe own[3];
    pthread_t setters[3];
    start();
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pthread_create(&setters[i], NULL, set_and_take_away, &own[i]), 0);
    }
    for (int i = 0; i < 3; i++) {
        void *result;
        pthread_join(setters[i], &result);
        assert_non_null(result);
    }
    finish();
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_process_changes_its_subscriber),
        cmocka_unit_test(a_thread_changes_its_own),
        cmocka_unit_test(several_threads_set_and_shut_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

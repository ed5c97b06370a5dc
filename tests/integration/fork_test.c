/* Forking while other threads emit and who listens changes: the child emits, and is not stuck. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/probe.h"
#include "support/sanitized.h"
#include "ctrace/testing.h"

enum { FORKS = 50, THREADS = 3 };

static atomic_bool stop;

static void *emit(void *argument) {
    ctrace_span *kept = NULL;
    for (int i = 0; !atomic_load(&stop); i++) {
        TRACE_SPAN_AS(span, "work", ("i", i), ("text", "some text"));
        TRACE_RECORD(span, ("text", "other text"));
        TRACE_INFO("working", ("i", i));
        ctrace_span_unref(kept);
        kept = ctrace_span_ref(span);
    }
    ctrace_span_unref(kept);
    return argument;
}

static ctrace_subscriber *small_capture(void) {
    return ctrace_capture_new(&(ctrace_capture_options){.max_captured = 50});
}

static void *swap(void *argument) {
    while (!atomic_load(&stop)) {
        if (ctrace_replace_global(small_capture()) != CTRACE_OK) {
            break;
        }
        ctrace_subscriber *here = small_capture();
        TRACE_WITH_SUBSCRIBER(here) {
            TRACE_INFO("elsewhere");
        }
        ctrace_subscriber_unref(here);
    }
    return argument;
}

/* Everything once: with who listened in the parent, and with a new one. 0 when all went well. */
static int live_in_the_child(ctrace_span *parents) {
    alarm(60); /* stuck: the parent sees the signal */
    TRACE_IN(parents) {
        TRACE_INFO("child", ("pid", getpid()));
    }
    ctrace_span_unref(parents);
    ctrace_subscriber *seen = ctrace_capture_new(NULL);
    if (ctrace_replace_global(ctrace_subscriber_ref(seen)) != CTRACE_OK) {
        return 2;
    }
    {
        TRACE_SPAN_AS(span, "child's", ("text", TRACE_EMPTY));
        TRACE_RECORD(span, ("text", "recorded"));
        TRACE_INFOF("from the %s", "child");
    }
    CTRACE_ASSERT_EVENT_IN(seen, "child's", "from the child");
    CTRACE_ASSERT_SPAN(seen, "child's", ("text", "recorded"));
    const ctrace_captured *event =
        ctrace_capture_find(seen, CTRACE_CAPTURED_EVENT, "from the child", NULL);
    const bool mine = event->thread_id == (uint64_t)getpid();
    const bool alone = stats_now().threads == 1;
    const bool over = ctrace_shutdown(CTRACE_FOREVER) == CTRACE_OK;
    ctrace_subscriber_unref(seen);
    return mine && alone && over ? 0 : 3;
}

static void children_emit(void **state) {
    (void)state;
    if (!may_allocate_after_fork()) {
        skip();
    }
    pthread_t threads[THREADS];
    alarm(110);
    assert_int_equal(ctrace_replace_global(small_capture()), CTRACE_OK);
    assert_int_equal(pthread_create(&threads[0], NULL, swap, NULL), 0);
    for (int i = 1; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, emit, NULL), 0);
    }
    for (int i = 0; i < FORKS; i++) {
        ctrace_span *span = TRACE_SPAN_NEW("parent's", ("i", i));
        TRACE_SPAN("around the fork");
        const pid_t child = fork();
        if (child == 0) {
            _exit(live_in_the_child(span));
        }
        int status = -1;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
        ctrace_span_unref(span);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
}

/* ---- Identities ---- */

static void write_ids(int fd) {
    uint8_t ids[24];
    ctrace_span *span = TRACE_SPAN_ROOT("root");
    const uint64_t id = ctrace_span_id(span);
    ctrace_span_trace_id(span, ids);
    memcpy(ids + 16, &id, 8);
    ctrace_span_unref(span);
    if (write(fd, ids, sizeof ids) != (ssize_t)sizeof ids) {
        _exit(4);
    }
}

static void no_identity_twice(void **state) {
    (void)state;
    int ends[2];
    uint8_t parents[24], childs[24];
    ctrace_subscriber *seen = ctrace_capture_new(NULL);
    assert_int_equal(ctrace_replace_global(seen), CTRACE_OK);
    assert_int_equal(pipe(ends), 0);
    write_ids(ends[1]); /* so that there is a state to be copied */
    assert_int_equal(read(ends[0], parents, sizeof parents), sizeof parents);
    const pid_t child = fork();
    if (child == 0) {
        write_ids(ends[1]);
        _exit(0);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(read(ends[0], childs, sizeof childs), sizeof childs);
    write_ids(ends[1]); /* what the parent draws next, the child must not have drawn */
    assert_int_equal(read(ends[0], parents, sizeof parents), sizeof parents);
    assert_memory_not_equal(parents, childs, 16);
    assert_memory_not_equal(parents + 16, childs + 16, 8);
    close(ends[0]);
    close(ends[1]);
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(children_emit),
        cmocka_unit_test(no_identity_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Filters are reloaded and subscribers replaced while eight threads emit. Under the thread
 * sanitizer this finds readers that see what is half written or freed. */
#define TRACE_TARGET "shop::db"
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/memory.h"
#include "ctrace/detail/site.h"
#include "ctrace/filter.h"
#include "ctrace/subscriber.h"
#include "ctrace/trace.h"

enum { THREADS = 8, RELOADS = 1000, SHARED_RECORDS = 100 };

/* Counts what comes through, by level. */
typedef struct counter {
    ctrace_subscriber base;
    atomic_ulong events[CTRACE_LEVEL_OFF];
    atomic_long open_spans;
} counter;

static atomic_int counters_alive;

static void on_event(ctrace_subscriber *self, const ctrace_event *event,
                     const ctrace_moment *moment) {
    (void)moment;
    atomic_fetch_add(&((counter *)self)->events[ctrace_event_site(event)->level], 1);
}

static void on_span_new(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *moment) {
    (void)span;
    (void)moment;
    atomic_fetch_add(&((counter *)self)->open_spans, 1);
}

static void on_span_close(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *moment) {
    (void)span;
    (void)moment;
    atomic_fetch_sub(&((counter *)self)->open_spans, 1);
}

static void free_counter(ctrace_subscriber *self) {
    assert_int_equal(atomic_load(&((counter *)self)->open_spans), 0);
    atomic_fetch_sub(&counters_alive, 1);
    free(self);
}

static const ctrace_subscriber_ops ops = {
    .size = sizeof ops,
    .on_span_new = on_span_new,
    .on_span_close = on_span_close,
    .on_event = on_event,
    .free = free_counter,
};

static counter *new_counter(void) {
    counter *self = calloc(1, sizeof *self);
    assert_non_null(self);
    ctrace_subscriber_init(&self->base, &ops);
    atomic_fetch_add(&counters_alive, 1);
    return self;
}

static ctrace_filter *parse(const char *directives) {
    ctrace_filter *filter = NULL;
    assert_int_equal(ctrace_filter_parse(directives, &filter, NULL), CTRACE_OK);
    return filter;
}

/* ---- Who emits ---- */

static atomic_bool stop;
static atomic_ulong rounds;
static ctrace_span *shared; /* entered by all threads, recorded in by all */

static void one_round(int i) {
    TRACE_SPAN_AS(request, "request", ("user", TRACE_EMPTY));
    TRACE_DEBUG("parse", ("i", i));
    TRACE_RECORD(request, ("user", i % 3));
    TRACE_TRACE("details");
    TRACE_IN(shared) {
        TRACE_DEBUG("shared");
        if (i < SHARED_RECORDS) { /* a span keeps what was recorded before until it is closed */
            TRACE_RECORD(shared, ("job", i % 2));
        }
        TRACE_INFO("more", ("job", i));
    }
    TRACE_ERROR("always");
}

static void *emit(void *unused) {
    (void)unused;
    for (int i = 0; !atomic_load(&stop); i++) {
        one_round(i);
        atomic_fetch_add(&rounds, 1);
    }
    return NULL;
}

static void begin(pthread_t threads[THREADS]) {
    atomic_store(&stop, false);
    shared = TRACE_SPAN_NEW("shared", ("job", TRACE_EMPTY));
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, emit, NULL), 0);
    }
}

static void end(pthread_t threads[THREADS]) {
    atomic_store(&stop, true);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    ctrace_span_unref(shared);
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
    ctrace_flush(CTRACE_FOREVER);
    assert_int_equal(atomic_load(&counters_alive), 0);
    assert_int_equal(ctrace_i_open_gates, 0);
}

static void wait_for_rounds(unsigned long more) {
    const unsigned long until = atomic_load(&rounds) + more;
    while (atomic_load(&rounds) < until) {
        sched_yield();
    }
}

/* ---- Memory in use ---- */

static atomic_long blocks;

static void *count_alloc(void *state, size_t size) {
    (void)state;
    atomic_fetch_add(&blocks, 1);
    return malloc(size);
}

static void *count_resize(void *state, void *block, size_t size) {
    (void)state;
    atomic_fetch_add(&blocks, block == NULL ? 1 : 0);
    return realloc(block, size);
}

static void count_free(void *state, void *block) {
    (void)state;
    atomic_fetch_sub(&blocks, block == NULL ? 0 : 1);
    free(block);
}

static const char *const directives[] = {
    "info", "error,[request{user=1}]=trace", "", "trace", "error,[shared{job=1}]=debug,[{i>5}]",
};
enum { DIRECTIVES = sizeof directives / sizeof directives[0] };

static void reload_under_load(void **state) {
    (void)state;
    const ctrace_allocator counting = {count_alloc, count_resize, count_free, NULL};
    assert_true(cti_memory_use(&counting));
    pthread_t threads[THREADS];
    counter *sink = new_counter();
    ctrace_subscriber *filtered = ctrace_filtered_new(&sink->base, parse("trace"));
    assert_int_equal(ctrace_set_global(ctrace_subscriber_ref(filtered)), CTRACE_OK);
    begin(threads);
    wait_for_rounds(THREADS);
    long after_some = 0;
    for (int i = 0; i < RELOADS; i++) {
        assert_int_equal(ctrace_filter_reload(filtered, parse(directives[i % DIRECTIVES])),
                         CTRACE_OK);
        if (i == RELOADS / 2) {
            wait_for_rounds(THREADS * SHARED_RECORDS);
            ctrace_flush(CTRACE_FOREVER);
            after_some = atomic_load(&blocks);
        }
    }
    ctrace_flush(CTRACE_FOREVER);
    assert_true(atomic_load(&blocks) < after_some + 100);

    /* when a reload returns, it holds: nothing but errors comes through any more */
    assert_int_equal(ctrace_filter_reload(filtered, parse("error")), CTRACE_OK);
    wait_for_rounds(2 * THREADS); /* what was decided before is done */
    const unsigned long before = atomic_load(&sink->events[CTRACE_LEVEL_DEBUG]);
    wait_for_rounds(10 * THREADS);
    assert_int_equal(atomic_load(&sink->events[CTRACE_LEVEL_DEBUG]), before);
    assert_true(atomic_load(&sink->events[CTRACE_LEVEL_ERROR]) > 0);
    ctrace_subscriber_unref(filtered);
    end(threads);
    cti_memory_use(NULL);
}

static void replace_under_load(void **state) {
    (void)state;
    pthread_t threads[THREADS];
    assert_int_equal(ctrace_replace_global(&new_counter()->base), CTRACE_OK);
    begin(threads);
    for (int i = 0; i < 100; i++) {
        counter *sink = new_counter();
        ctrace_subscriber *branches[] = {
            ctrace_filtered_new(ctrace_subscriber_ref(&sink->base),
                                parse(directives[i % DIRECTIVES])),
            ctrace_filtered_new(&sink->base, parse("info")),
        };
        assert_int_equal(ctrace_replace_global(ctrace_tee_new(branches, 2)), CTRACE_OK);
        wait_for_rounds(1);
    }
    end(threads);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reload_under_load),
        cmocka_unit_test(replace_under_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Tail subscribers: all of a trace that went wrong, as if it had been told live, and nothing of the
 * others; within bounds. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "compose/tail.h"
#include "ctrace/context.h"
#include "ctrace/filter.h"
#include "ctrace/sinks.h"
#include "ctrace/trace.h"
#include "ctrace/writer.h"
#include "support/listener.h"
#include "support/probe.h"

static listener ear;

static ctrace_subscriber *listen(const ctrace_tail_options *options) {
    ctrace_subscriber *tail = ctrace_tail_new(listener_init(&ear, false), options);
    assert_non_null(tail);
    return tail;
}

static void heard(const char *expected) {
    assert_string_equal(listener_heard(&ear), expected);
}

static void end(ctrace_subscriber *tail) {
    assert_int_equal(cti_tail_of(tail)->bytes, 0);
    ctrace_subscriber_unref(tail);
    ctrace_flush(CTRACE_FOREVER);
    assert_int_equal(ear.alive, 0);
}

static void work(bool fails) {
    TRACE_SPAN_AS(request, "request", ("user", 1), ("status", TRACE_EMPTY));
    TRACE_TRACE("begun");
    {
        TRACE_SPAN_AT(CTRACE_LEVEL_DEBUG, "query");
        TRACE_DEBUG("slow", ("rows", 3));
        ctrace_span_follows(ctrace_span_current(), request);
        if (fails) {
            TRACE_ERROR("failed");
        }
        TRACE_INFOF("%d rows", 3);
    }
    TRACE_RECORD(request, ("status", fails ? 500 : 200));
}

/* ---- What is told ---- */

static void what_went_well_is_forgotten(void **state) {
    (void)state;
    ctrace_subscriber *tail = listen(NULL);
    CTRACE_WITH_SUBSCRIBER(tail) {
        TRACE_INFO("outside");
        work(false);
        work(false);
    }
    heard(":outside ");
    end(tail);
}

static void an_error_brings_out_what_was_before_it(void **state) {
    (void)state;
    ctrace_subscriber *tail = listen(NULL);
    CTRACE_WITH_SUBSCRIBER(tail) {
        work(false);
        TRACE_SPAN("request");
        TRACE_TRACE("before");
        heard("");
        TRACE_ERROR("failed");
        heard("+request >request request:before request:failed ");
        TRACE_TRACE("after");
        heard("request:after ");
    }
    heard("<request -request ");
    end(tail);
}

static bool had_status_500(void *arg, const ctrace_span *root) {
    assert_ptr_equal(arg, &ear);
    const ctrace_value *status = ctrace_fields_find(ctrace_span_fields(root), "status");
    return status != NULL && status->as.i64 == 500;
}

static const char whole[] = "+request >request request:begun +request/query >query query:slow "
                            "request=>query query:failed query:3 rows <query -query "
                            "request!status <request -request ";

static void duration_and_predicate_decide_at_the_end(void **state) {
    (void)state;
    const struct {
        ctrace_tail_options options;
        bool told;
    } cases[] = {
        {{.level = CTRACE_LEVEL_OFF}, false},
        {{.level = CTRACE_LEVEL_OFF, .min_duration_ns = 1}, true},
        {{.level = CTRACE_LEVEL_OFF, .min_duration_ns = UINT64_MAX}, false},
        {{.level = CTRACE_LEVEL_OFF, .predicate = had_status_500, .predicate_arg = &ear}, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ctrace_subscriber *tail = listen(&cases[i].options);
        CTRACE_WITH_SUBSCRIBER(tail) {
            work(true);
        }
        heard(cases[i].told ? whole : "");
        if (cases[i].options.predicate != NULL) {
            CTRACE_WITH_SUBSCRIBER(tail) {
                work(false);
            }
            heard("");
        }
        end(tail);
    }
}

/* ---- As if live ---- */

static void *work_elsewhere(void *argument) {
    TRACE_ATTACHED(argument) {
        TRACE_SPAN("helper");
        TRACE_INFO("elsewhere", ("text", "a \"quoted\" text"));
    }
    return NULL;
}

static void put_lazy(ctrace_buf *out, const void *object) {
    ctrace_buf_printf(out, "<%d>", *(const int *)object);
}

static void work_widely(void) {
    static const int answer = 42;
    TRACE_SPAN("root", ("bytes", TRACE_BYTES("\1\2", 2)), ("lazy", TRACE_LAZY(put_lazy, &answer)));
    TRACE_INFO("lazy", ("text", TRACE_LAZY(put_lazy, &answer)), ("took", TRACE_NS(1500)));
    ctrace_context *context = ctrace_context_capture();
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, work_elsewhere, context), 0);
    pthread_join(thread, NULL);
    ctrace_context_release(context);
    ctrace_task *task = ctrace_task_new();
    ctrace_task_resume(task);
    uint64_t open;
    {
        TRACE_SPAN("in task");
        TRACE_DEBUG("step");
        open = ctrace_span_id(ctrace_span_current());
        ctrace_task_suspend(task);
        TRACE_DEBUG("between", ("id", open));
        ctrace_task_resume(task);
    }
    ctrace_task_suspend(task);
    ctrace_task_free(task);
    ctrace_span *detached = TRACE_SPAN_NEW("detached");
    TRACE_IN(detached) {
        work(true);
    }
    ctrace_span_unref(detached);
    TRACE_INFO("late");
}

static ctrace_subscriber *json(ctrace_writer **ret_writer) {
    const ctrace_json_options options = {.time = CTRACE_TIME_NONE,
                                         .thread_id = true,
                                         .thread_name = true,
                                         .span_events =
                                             CTRACE_SPAN_EVENTS_NEW | CTRACE_SPAN_EVENTS_ENTER |
                                             CTRACE_SPAN_EVENTS_EXIT | CTRACE_SPAN_EVENTS_CLOSE};
    ctrace_writer *writer = ctrace_memory_writer_new();
    *ret_writer = ctrace_writer_ref(writer);
    return ctrace_json_new(writer, &options);
}

/* Values, identities, threads and durations: all as the branch beside it hears it live. */
static void what_is_told_is_what_was(void **state) {
    (void)state;
    ctrace_writer *live, *late;
    ctrace_subscriber *direct = json(&live);
    ctrace_subscriber *branches[] = {direct, ctrace_tail_new(json(&late), NULL)};
    ctrace_subscriber *tee = ctrace_tee_new(branches, 2);
    assert_int_equal(ctrace_set_global(tee), CTRACE_OK);
    work_widely();
    assert_int_equal(ctrace_shutdown(CTRACE_FOREVER), CTRACE_OK);
    assert_true(strlen(ctrace_memory_writer_bytes(live, NULL)) > 1000);
    assert_string_equal(ctrace_memory_writer_bytes(late, NULL),
                        ctrace_memory_writer_bytes(live, NULL));
    ctrace_writer_unref(live);
    ctrace_writer_unref(late);
}

typedef struct clock_reader {
    ctrace_subscriber base;
    uint64_t monotonic_ns[64], time_ns[64];
    size_t count;
} clock_reader;

static void note_time(ctrace_subscriber *subscriber, const ctrace_event *event,
                      const ctrace_moment *moment) {
    (void)event;
    clock_reader *self = (clock_reader *)subscriber;
    self->monotonic_ns[self->count] = ctrace_moment_monotonic_ns(moment);
    self->time_ns[self->count++] = ctrace_moment_time_ns(moment);
}

static const ctrace_subscriber_ops clock_ops = {.size = sizeof clock_ops, .on_event = note_time};

static void times_are_the_original_ones(void **state) {
    (void)state;
    clock_reader live = {.count = 0}, late = {.count = 0};
    ctrace_subscriber_init(&live.base, &clock_ops);
    ctrace_subscriber_init(&late.base, &clock_ops);
    ctrace_subscriber *branches[] = {&live.base, ctrace_tail_new(&late.base, NULL)};
    ctrace_subscriber *tee = ctrace_tee_new(branches, 2);
    CTRACE_WITH_SUBSCRIBER(tee) {
        work(true);
    }
    assert_int_equal(live.count, 4);
    assert_int_equal(late.count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(late.monotonic_ns[i], live.monotonic_ns[i]);
        const int64_t off = (int64_t)(late.time_ns[i] - live.time_ns[i]);
        assert_true(off > -1000000000 && off < 1000000000); /* two clocks, read one by one */
    }
    ctrace_subscriber_unref(tee);
    ctrace_flush(CTRACE_FOREVER);
}

/* What is behind the tail decides when it is told, among the spans as they were. */
static void filters_behind_it_work(void **state) {
    (void)state;
    ctrace_filter *filter = NULL;
    assert_int_equal(ctrace_filter_parse("warn,[query]=debug", &filter, NULL), CTRACE_OK);
    ctrace_subscriber *tail =
        ctrace_tail_new(ctrace_filtered_new(listener_init(&ear, false), filter), NULL);
    CTRACE_WITH_SUBSCRIBER(tail) {
        work(true);
    }
    heard("+query >query query:slow query:failed query:3 rows <query -query ");
    end(tail);
}

static void spans_may_outlive_their_root(void **state) {
    (void)state;
    ctrace_subscriber *tail = listen(NULL);
    CTRACE_WITH_SUBSCRIBER(tail) {
        for (int fails = 0; fails < 2; fails++) {
            ctrace_span *root = TRACE_SPAN_ROOT("root");
            ctrace_span *child = TRACE_SPAN_CHILD(root, "child");
            if (fails) {
                TRACE_IN(root) {
                    TRACE_ERROR("failed");
                }
            }
            ctrace_span_unref(root);
            TRACE_IN(child) {
                TRACE_INFO("late");
            }
            ctrace_span_unref(child);
        }
    }
    heard("+root +root/child >root root:failed <root -root >child child:late <child -child ");
    end(tail);
}

/* ---- Bounds ---- */

typedef struct counter {
    ctrace_subscriber base;
    uint64_t events, lost, spans, first;
    bool in_order;
} counter;

static void count_event(ctrace_subscriber *subscriber, const ctrace_event *event,
                        const ctrace_moment *moment) {
    (void)moment;
    counter *self = (counter *)subscriber;
    const ctrace_value *lost = ctrace_fields_find(ctrace_event_fields(event), "lost");
    const ctrace_value *i = ctrace_fields_find(ctrace_event_fields(event), "i");
    const ctrace_span *span = ctrace_event_span(event, subscriber);
    self->lost += lost == NULL ? 0 : lost->as.u64;
    if (i != NULL) {
        self->first = self->events == 0 ? (uint64_t)i->as.i64 : self->first;
        self->in_order =
            self->in_order && (uint64_t)i->as.i64 == self->first + self->events &&
            strcmp(ctrace_span_name(span), "inner") == 0 &&
            strcmp(ctrace_span_name(ctrace_span_parent(span, subscriber)), "root") == 0;
        self->events += 1;
    }
}

static void count_span(ctrace_subscriber *subscriber, ctrace_span *span,
                       const ctrace_moment *moment) {
    (void)span;
    (void)moment;
    ((counter *)subscriber)->spans += 1;
}

static const ctrace_subscriber_ops counter_ops = {
    .size = sizeof counter_ops, .on_span_new = count_span, .on_event = count_event};

static ctrace_subscriber *count_behind(counter *counts, const ctrace_tail_options *options) {
    *counts = (counter){.in_order = true};
    ctrace_subscriber_init(&counts->base, &counter_ops);
    return ctrace_tail_new(&counts->base, options);
}

static void check_that_the_oldest_goes_first(const ctrace_tail_options *options) {
    counter counts;
    ctrace_subscriber *tail = count_behind(&counts, options);
    const ctrace_stats before = stats_now();
    CTRACE_WITH_SUBSCRIBER(tail) {
        TRACE_SPAN("root", ("some", "field"));
        { TRACE_SPAN("closed soon"); }
        TRACE_SPAN("inner");
        for (int i = 0; i < 10000; i++) {
            TRACE_TRACE("detail", ("i", i));
            assert_in_range(cti_tail_of(tail)->bytes, 1, 16384);
        }
        TRACE_ERROR("failed");
    }
    const ctrace_stats after = stats_now();
    assert_in_range(counts.events, 100, 500);
    assert_true(counts.in_order);
    assert_int_equal(counts.first + counts.events, 10000);
    assert_int_equal(counts.spans, 2);
    assert_int_equal(counts.lost, 10000 - counts.events + 1); /* one span */
    assert_int_equal(after.traces_forgotten - before.traces_forgotten, counts.lost);
    assert_int_equal(after.events_lost + after.spans_lost - before.events_lost - before.spans_lost,
                     counts.lost);
    assert_int_equal(cti_tail_of(tail)->bytes, 0);
    ctrace_subscriber_unref(tail);
    ctrace_flush(CTRACE_FOREVER);
}

static void the_oldest_detail_goes_first(void **state) {
    (void)state;
    check_that_the_oldest_goes_first(&(ctrace_tail_options){.trace_bytes = 16384});
}

/* Where a trace has only itself to blame for the bound over all, it drops its own oldest. */
static void a_trace_alone_gives_way_to_itself(void **state) {
    (void)state;
    check_that_the_oldest_goes_first(&(ctrace_tail_options){.max_bytes = 16384});
}

static void all_traces_share_a_bound(void **state) {
    (void)state;
    enum { TRACES = 8, EVENTS = 400 };
    const ctrace_tail_options options = {.max_bytes = 65536};
    counter counts;
    ctrace_subscriber *tail = count_behind(&counts, &options);
    uint64_t told[TRACES];
    CTRACE_WITH_SUBSCRIBER(tail) {
        ctrace_span *roots[TRACES], *inner[TRACES];
        for (int t = 0; t < TRACES; t++) {
            roots[t] = TRACE_SPAN_ROOT("root");
            inner[t] = TRACE_SPAN_CHILD(roots[t], "inner");
            TRACE_IN(inner[t]) {
                for (int i = 0; i < EVENTS; i++) {
                    TRACE_TRACE("detail", ("i", i));
                    assert_in_range(cti_tail_of(tail)->bytes, 1, 65536);
                }
            }
        }
        for (int t = TRACES - 1; t >= 0; t--) {
            counts.events = 0;
            TRACE_IN(inner[t]) {
                TRACE_ERROR("failed");
            }
            told[t] = counts.events;
            ctrace_span_unref(inner[t]);
            ctrace_span_unref(roots[t]);
        }
    }
    assert_true(counts.in_order);
    assert_int_equal(told[TRACES - 1], EVENTS);
    assert_int_equal(told[0], 0); /* the oldest trace gave way first */
    assert_int_equal(cti_tail_of(tail)->bytes, 0);
    ctrace_subscriber_unref(tail);
    ctrace_flush(CTRACE_FOREVER);
}

static void what_is_larger_than_the_room_is_lost_alone(void **state) {
    (void)state;
    const ctrace_tail_options options = {.trace_bytes = 8192, .level = CTRACE_LEVEL_WARN};
    ctrace_subscriber *tail = listen(&options);
    char *large = calloc(1, 20000);
    assert_non_null(large);
    memset(large, 'x', 19999);
    const ctrace_stats before = stats_now();
    CTRACE_WITH_SUBSCRIBER(tail) {
        TRACE_SPAN("root");
        TRACE_INFO("large", ("text", large));
        TRACE_WARN("small");
    }
    assert_int_equal(stats_now().events_lost - before.events_lost, 1);
    heard("+root >root root:small <root -root ");
    free(large);
    end(tail);
}

/* ---- Threads and processes ---- */

enum { THREADS = 8, ROUNDS = 300 };

static void *emit_much(void *argument) {
    for (int i = 0; i < ROUNDS; i++) {
        TRACE_ATTACHED(argument) {
            TRACE_SPAN("shared");
            TRACE_DEBUG("shared", ("i", i));
        }
        work(i % 50 == 0);
    }
    return NULL;
}

static void threads_share_traces(void **state) {
    (void)state;
    const ctrace_tail_options options = {.trace_bytes = 16384, .max_bytes = 40000};
    ctrace_writer *writer;
    assert_int_equal(ctrace_set_global(ctrace_tail_new(json(&writer), &options)), CTRACE_OK);
    {
        TRACE_SPAN("root");
        ctrace_context *context = ctrace_context_capture();
        pthread_t threads[THREADS];
        for (int i = 0; i < THREADS; i++) {
            assert_int_equal(pthread_create(&threads[i], NULL, emit_much, context), 0);
        }
        for (int i = 0; i < THREADS; i++) {
            pthread_join(threads[i], NULL);
        }
        ctrace_context_release(context);
    }
    assert_int_equal(ctrace_shutdown(CTRACE_FOREVER), CTRACE_OK);
    size_t failed = 0;
    for (const char *at = ctrace_memory_writer_bytes(writer, NULL);
         (at = strstr(at, "\"msg\":\"failed\"")) != NULL; at++) {
        failed += 1;
    }
    assert_int_equal(failed, THREADS * ROUNDS / 50);
    ctrace_writer_unref(writer);
}

/* What was held before the fork is the parent's to tell; the child tells the spans it stands in. */
static void a_child_tells_its_own(void **state) {
    (void)state;
    ctrace_subscriber *tail = listen(NULL);
    CTRACE_WITH_SUBSCRIBER(tail) {
        TRACE_SPAN("request");
        TRACE_INFO("before");
        const pid_t child = fork();
        if (child == 0) {
            TRACE_ERROR("failed");
            _exit(strcmp(listener_heard(&ear), "+request request:failed ") == 0 ? 0 : 1);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
        TRACE_ERROR("failed");
    }
    heard("+request >request request:before request:failed <request -request ");
    end(tail);
}

/* ---- Beside others ---- */

typedef struct witness {
    ctrace_subscriber base;
    unsigned inside, outside;
} witness;

static void note_place(ctrace_subscriber *subscriber, const ctrace_event *event,
                       const ctrace_moment *moment) {
    (void)moment;
    witness *self = (witness *)subscriber;
    *(ctrace_event_span(event, NULL) == NULL ? &self->outside : &self->inside) += 1;
}

static const ctrace_subscriber_ops witness_ops = {.size = sizeof witness_ops,
                                                  .on_event = note_place};

static bool wants_events(void *arg, const ctrace_callsite *site) {
    (void)arg;
    return site->kind == CTRACE_KIND_EVENT;
}

/* A span that only others hear is none of ours, whoever looks. */
static void an_event_in_a_span_of_others_is_in_none(void **state) {
    (void)state;
    witness behind = {.inside = 0}, beside = {.inside = 0};
    ctrace_subscriber_init(&behind.base, &witness_ops);
    ctrace_subscriber_init(&beside.base, &witness_ops);
    ctrace_subscriber *const branches[] = {
        ctrace_filtered_new(ctrace_tail_new(&behind.base, NULL),
                            ctrace_filter_fn_new(wants_events, NULL)),
        &beside.base,
    };
    ctrace_subscriber *tee = ctrace_tee_new(branches, 2);
    CTRACE_WITH_SUBSCRIBER(tee) {
        TRACE_SPAN("heard beside");
        TRACE_INFO("event");
    }
    assert_int_equal(behind.outside, 1);
    assert_int_equal(behind.inside, 0);
    assert_int_equal(beside.inside, 1);
    assert_int_equal(beside.outside, 0);
    ctrace_subscriber_unref(tee);
    ctrace_flush(CTRACE_FOREVER);
}

static void wrong_options_are_refused(void **state) {
    (void)state;
    const ctrace_tail_options wrong[] = {{.level = 7}, {.level = -1}, {.reserved = {1}}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_null(ctrace_tail_new(listener_init(&ear, false), &wrong[i]));
        assert_non_null(strstr(ctrace_last_error(), "options."));
        assert_int_equal(ear.alive, 0);
    }
    assert_null(ctrace_tail_new(NULL, NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_went_well_is_forgotten),
        cmocka_unit_test(an_error_brings_out_what_was_before_it),
        cmocka_unit_test(duration_and_predicate_decide_at_the_end),
        cmocka_unit_test(what_is_told_is_what_was),
        cmocka_unit_test(times_are_the_original_ones),
        cmocka_unit_test(filters_behind_it_work),
        cmocka_unit_test(spans_may_outlive_their_root),
        cmocka_unit_test(the_oldest_detail_goes_first),
        cmocka_unit_test(a_trace_alone_gives_way_to_itself),
        cmocka_unit_test(all_traces_share_a_bound),
        cmocka_unit_test(what_is_larger_than_the_room_is_lost_alone),
        cmocka_unit_test(threads_share_traces),
        cmocka_unit_test(a_child_tells_its_own),
        cmocka_unit_test(an_event_in_a_span_of_others_is_in_none),
        cmocka_unit_test(wrong_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

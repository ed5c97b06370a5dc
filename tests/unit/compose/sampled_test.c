/* Sampling: whole traces, as many as asked for, and the same ones as others keep. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/span.h"
#include "ctrace/context.h"
#include "ctrace/filter.h"
#include "ctrace/trace.h"
#include "support/listener.h"

static listener ears[2];

static ctrace_subscriber *sample(int i, double ratio) {
    ctrace_subscriber *sampled = ctrace_sampled_new(listener_init(&ears[i], false), ratio);
    assert_non_null(sampled);
    return sampled;
}

static void end(ctrace_subscriber *subscriber) {
    ctrace_subscriber_unref(subscriber);
    ctrace_flush(CTRACE_FOREVER);
    assert_int_equal(ears[0].alive, 0);
}

/* ---- Whole traces ---- */

static int evaluated;

static int argument(void) {
    return ++evaluated;
}

static void work(void) {
    TRACE_INFO("before");
    TRACE_SPAN_AS(request, "request", ("user", TRACE_EMPTY));
    TRACE_INFO("begun", ("n", argument()));
    {
        TRACE_SPAN("query");
        TRACE_INFO("slow", ("n", argument()));
        ctrace_span_follows(ctrace_span_current(), request);
    }
    TRACE_RECORD(request, ("user", 42));
}

static const char whole[] = ":before +request >request request:begun +request/query >query "
                            "query:slow request=>query <query -query request!user <request "
                            "-request ";

static void all_or_nothing(void **state) {
    (void)state;
    ctrace_subscriber *all = sample(0, 1);
    CTRACE_WITH_SUBSCRIBER(all) {
        work();
    }
    assert_string_equal(listener_heard(&ears[0]), whole);
    end(all);
    ctrace_subscriber *nothing = sample(0, 0);
    evaluated = 0;
    CTRACE_WITH_SUBSCRIBER(nothing) {
        work();
    }
    assert_string_equal(listener_heard(&ears[0]), ":before ");
    assert_int_equal(evaluated, 0);
    end(nothing);
}

static void a_trace_is_kept_as_a_whole(void **state) {
    (void)state;
    ctrace_subscriber *half = sample(0, 0.5);
    int kept = 0;
    CTRACE_WITH_SUBSCRIBER(half) {
        for (int i = 0; i < 1000; i++) {
            work();
            const char *heard = listener_heard(&ears[0]);
            if (strcmp(heard, ":before ") != 0) {
                assert_string_equal(heard, whole);
                kept++;
            }
        }
    }
    assert_in_range(kept, 400, 600); /* six standard deviations */
    end(half);
}

/* A branch that does not hear the root decides by it all the same, and a root inside a trace begins
 * another one. */
static void roots_decide_also_where_they_are_not_heard(void **state) {
    (void)state;
    ctrace_filter *warnings = NULL;
    assert_int_equal(ctrace_filter_parse("warn", &warnings, NULL), CTRACE_OK);
    ctrace_subscriber *branches[] = {listener_init(&ears[0], false),
                                     ctrace_filtered_new(sample(1, 0.5), warnings)};
    ctrace_subscriber *tee = ctrace_tee_new(branches, 2);
    int kept = 0, kept_inside = 0;
    CTRACE_WITH_SUBSCRIBER(tee) {
        for (int i = 0; i < 400; i++) {
            TRACE_SPAN("request");
            TRACE_WARN("first");
            ctrace_span *other = TRACE_SPAN_ROOT("other");
            TRACE_IN(other) {
                TRACE_WARN("second");
            }
            ctrace_span_unref(other);
            TRACE_WARN("first");
            const char *heard = listener_heard(&ears[1]);
            const bool inside = strstr(heard, ":second ") != NULL;
            kept_inside += inside;
            kept += strstr(heard, ":first ") != NULL;
            assert_true(strstr(heard, ":first ") == NULL ||
                        strcmp(heard, inside ? ":first :second :first " : ":first :first ") == 0);
        }
    }
    assert_in_range(kept, 140, 260);
    assert_in_range(kept_inside, 140, 260);
    end(tee);
}

/* ---- Which traces ---- */

/* Opens a root with that trace id; whether the two ratios keep it. */
static void try_trace(const uint64_t trace[2], bool ret_kept[2]) {
    ctrace_span *root = TRACE_SPAN_ROOT("root");
    assert_non_null(root);
    if (trace != NULL) {
        memcpy(root->trace_id, trace, sizeof root->trace_id);
    }
    TRACE_IN(root) {
        TRACE_INFO("inside");
    }
    ctrace_span_unref(root);
    for (int i = 0; i < 2; i++) {
        ret_kept[i] = strstr(listener_heard(&ears[i]), "inside") != NULL;
    }
}

/* As many as asked for, and the lower ratio keeps none that the higher one drops. */
static void ratios_hold_and_agree(void **state) {
    (void)state;
    enum { TRACES = 20000 };
    ctrace_subscriber *branches[] = {sample(0, 0.1), sample(1, 0.5)};
    ctrace_subscriber *tee = ctrace_tee_new(branches, 2);
    int kept[2] = {0, 0};
    CTRACE_WITH_SUBSCRIBER(tee) {
        for (int i = 0; i < TRACES; i++) {
            bool both[2];
            try_trace(NULL, both);
            assert_true(!both[0] || both[1]);
            kept[0] += both[0];
            kept[1] += both[1];
        }
    }
    /* binomial: six standard deviations are 255 and 425, passed once in 500 million runs */
    assert_in_range(kept[0], 2000 - 255, 2000 + 255);
    assert_in_range(kept[1], 10000 - 425, 10000 + 425);
    end(tee);
}

/* Whether a trace is kept whose id ends with those eight bytes. */
static bool is_kept(uint64_t id) {
    const uint64_t trace[] = {UINT64_MAX, id};
    bool kept[2];
    try_trace(trace, kept);
    return kept[0];
}

/* The thresholds that the specification's table has for four digits. */
static void thresholds_are_those_of_the_specification(void **state) {
    (void)state;
    const struct {
        double ratio;
        uint64_t threshold;
    } cases[] = {
        {0.5, 0x80000000000000},      {1 / 3.0, 0xaaab0000000000}, {0.2, 0xcccd0000000000},
        {0.1, 0xe6660000000000},      {0.0625, 0xf0000000000000},  {0.01, 0xfd70a000000000},
        {0.001, 0xffbe7700000000},    {0.0001, 0xfff97240000000},  {0.00001, 0xffff583a000000},
        {0.000001, 0xffffef39000000}, {1e-16, 0xffffffffffff00},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const uint64_t threshold = cases[i].threshold;
        const uint64_t before = (uint64_t)0xff << 56; /* the byte before the seven does not count */
        ctrace_subscriber *sampled = sample(0, cases[i].ratio);
        CTRACE_WITH_SUBSCRIBER(sampled) {
            assert_true(is_kept(threshold));
            assert_false(is_kept(threshold - 1));
            assert_true(is_kept(before | threshold));
            assert_false(is_kept(before | (threshold - 1)));
        }
        end(sampled);
    }
}

/* ---- From elsewhere ---- */

static bool is_kept_from(const char *tracestate, uint8_t end_of_id) {
    ctrace_remote remote = {.flags = 3};
    memset(remote.trace_id, end_of_id, sizeof remote.trace_id);
    memset(remote.span_id, 1, sizeof remote.span_id);
    strcpy(remote.tracestate, tracestate);
    ctrace_span *span = TRACE_SPAN_REMOTE(&remote, "from elsewhere");
    const bool kept = strstr(listener_heard(&ears[0]), "+from elsewhere") != NULL;
    ctrace_span_unref(span);
    listener_heard(&ears[0]);
    return kept;
}

static void a_random_number_that_came_along_decides(void **state) {
    (void)state;
    const char *const high[] = {"ot=rv:80000000000000", "a=b,ot=th:8;rv:ffffffffffffff;p:1,c=d",
                                " ot=rv:80000000000000 , a=b"};
    const char *const not_valid[] = {
        "",        "ot=rv:ffffffffffff",   "ot=rv:FFFFFFFFFFFFFF",  "ot=rv:fffffffffffffff",
        "ot=th:8", "tt=rv:ffffffffffffff", "ot=trv:ffffffffffffff", "a=b,"};
    ctrace_subscriber *half = sample(0, 0.5);
    CTRACE_WITH_SUBSCRIBER(half) {
        for (size_t i = 0; i < sizeof high / sizeof high[0]; i++) {
            assert_true(is_kept_from(high[i], 0x01)); /* not by its id */
        }
        assert_false(is_kept_from("ot=rv:7fffffffffffff", 0xfe));
        for (size_t i = 0; i < sizeof not_valid / sizeof not_valid[0]; i++) {
            assert_false(is_kept_from(not_valid[i], 0x01));
            assert_true(is_kept_from(not_valid[i], 0xfe));
        }
    }
    end(half);
}

/* ---- Across threads; mistakes ---- */

static void captured_spans_keep_their_decision(void **state) {
    (void)state;
    ctrace_subscriber *half = sample(0, 0.5);
    CTRACE_WITH_SUBSCRIBER(half) {
        for (int i = 0; i < 100; i++) {
            ctrace_context *context;
            bool kept;
            {
                TRACE_SPAN("request");
                TRACE_INFO("here");
                kept = strstr(listener_heard(&ears[0]), "here") != NULL;
                context = ctrace_context_capture();
            }
            TRACE_ATTACHED(context) {
                TRACE_INFO("there");
            }
            ctrace_context_release(context);
            assert_int_equal(strstr(listener_heard(&ears[0]), "there") != NULL, kept);
        }
    }
    end(half);
}

static void wrong_ratios_are_refused(void **state) {
    (void)state;
    const double wrong[] = {-0.01, 1.01, (double)NAN, (double)INFINITY};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_null(ctrace_sampled_new(listener_init(&ears[0], false), wrong[i]));
        assert_non_null(strstr(ctrace_last_error(), "ratio"));
        assert_int_equal(ears[0].alive, 0);
    }
    assert_null(ctrace_sampled_new(NULL, 0.5));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_or_nothing),
        cmocka_unit_test(a_trace_is_kept_as_a_whole),
        cmocka_unit_test(roots_decide_also_where_they_are_not_heard),
        cmocka_unit_test(ratios_hold_and_agree),
        cmocka_unit_test(thresholds_are_those_of_the_specification),
        cmocka_unit_test(a_random_number_that_came_along_decides),
        cmocka_unit_test(captured_spans_keep_their_decision),
        cmocka_unit_test(wrong_ratios_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

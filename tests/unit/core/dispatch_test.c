#include "support/test.h"

#include <string.h>

#include "ctrace/filter.h"
#include "support/probe.h"

/* A subscriber whose flush answers what it is told, and notes the time it is given. */
typedef struct flusher {
    ctrace_subscriber base;
    ctrace_status answer;
    uint64_t timeout_ns;
    int flushed, freed;
} flusher;

static ctrace_status flush(ctrace_subscriber *subscriber, uint64_t timeout_ns) {
    flusher *self = (flusher *)subscriber;
    self->timeout_ns = timeout_ns;
    self->flushed += 1;
    return self->answer;
}

static void free_flusher(ctrace_subscriber *subscriber) {
    ((flusher *)subscriber)->freed += 1;
}

static ctrace_subscriber *make(flusher *self) {
    static const ctrace_subscriber_ops ops = {
        .size = sizeof ops, .flush = flush, .free = free_flusher};
    memset(self, 0, sizeof *self);
    ctrace_subscriber_init(&self->base, &ops);
    return &self->base;
}

static void one_listens_for_the_process(void **state) {
    (void)state;
    static probe first, second;
    assert_int_equal(ctrace_set_global(probe_init(&first)), CTRACE_OK);
    assert_int_equal(ctrace_set_global(probe_init(&second)), CTRACE_EALREADY);
    assert_non_null(strstr(ctrace_last_error(), "listens already"));
    assert_int_equal(probe_calls(&second, PROBE_FREE), 1); /* taken over, also on failure */
    TRACE_INFO("one");
    assert_int_equal(ctrace_replace_global(probe_init(&second)), CTRACE_OK);
    assert_string_equal(ctrace_last_error(), "");
    TRACE_INFO("two");
    assert_int_equal(probe_calls(&first, PROBE_EVENT), 1);
    assert_int_equal(probe_calls(&first, PROBE_FREE), 1);
    assert_int_equal(probe_calls(&second, PROBE_EVENT), 1);
    assert_int_equal(ctrace_replace_global(ctrace_subscriber_ref(&second.base)), CTRACE_OK);
    TRACE_INFO("by itself");
    assert_int_equal(probe_calls(&second, PROBE_EVENT), 2);
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
    assert_int_equal(probe_calls(&second, PROBE_FREE), 1);
}

static void flushing_asks_who_listens(void **state) {
    (void)state;
    static flusher global, chosen;
    assert_int_equal(ctrace_flush(0), CTRACE_OK);
    assert_int_equal(ctrace_set_global(make(&global)), CTRACE_OK);
    assert_int_equal(ctrace_flush(CTRACE_FOREVER), CTRACE_OK);
    assert_true(global.timeout_ns == CTRACE_FOREVER);
    assert_int_equal(ctrace_flush(0), CTRACE_OK);
    assert_int_equal(global.timeout_ns, 0);
    global.answer = CTRACE_ETIMEDOUT;
    assert_int_equal(ctrace_flush(1000), CTRACE_ETIMEDOUT);
    ctrace_subscriber *mine = make(&chosen);
    chosen.answer = CTRACE_EIO;
    TRACE_WITH_SUBSCRIBER(mine) {
        assert_int_equal(ctrace_flush(1000), CTRACE_EIO); /* both are asked */
    }
    assert_int_equal(global.flushed, 4);
    assert_int_equal(chosen.flushed, 1);
    ctrace_subscriber_unref(mine);
    assert_int_equal(ctrace_shutdown(0), CTRACE_ETIMEDOUT); /* and then nobody listens */
    assert_int_equal(global.freed, 1);
    assert_int_equal(ctrace_shutdown(0), CTRACE_OK);
}

static void find_ours(void *found, const ctrace_callsite *site, ctrace_interest interest) {
    if (strcmp(site->name, "only here") == 0) {
        ((int *)found)[interest] += 1;
    }
}

static void callsites_are_listed_before_they_are_reached(void **state) {
    (void)state;
    static probe listener;
    int found[3] = {0, 0, 0};
    ctrace_callsites_each(find_ours, found);
    assert_int_equal(found[CTRACE_INTEREST_NEVER], 1);
    assert_int_equal(ctrace_set_global(probe_init(&listener)), CTRACE_OK);
    ctrace_callsites_each(find_ours, found);
    assert_int_equal(found[CTRACE_INTEREST_ALWAYS], 1);
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
    if (found[0] > 100) {
        TRACE_INFO("only here");
    }
}

RUN(TEST(one_listens_for_the_process), TEST(flushing_asks_who_listens),
    TEST(callsites_are_listed_before_they_are_reached))

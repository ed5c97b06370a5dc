#include "support/test.h"

#include <string.h>

#include "ctrace/testing.h"
#include "support/probe.h"

/* A composer of a user's own: passes all on to many, as the header says how. */
enum { MOST = 70 };
typedef struct fan {
    ctrace_subscriber base;
    probe probes[MOST];
    ctrace_subscriber *held[MOST + 1];
} fan;

#define EACH(call)                                            \
    for (size_t i = 0; ((fan *)self)->held[i] != NULL; i++) { \
        ctrace_subscriber *inner = ((fan *)self)->held[i];    \
        call;                                                 \
    }

static void on_new(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *moment) {
    EACH(ctrace_forward_span_new(inner, span, moment))
}

static void on_record(ctrace_subscriber *self, ctrace_span *span, const ctrace_fields *fields,
                      const ctrace_moment *moment) {
    EACH(ctrace_forward_span_record(inner, span, fields, moment))
}

static void on_follows(ctrace_subscriber *self, ctrace_span *span, const ctrace_span *cause,
                       const ctrace_moment *moment) {
    EACH(ctrace_forward_span_follows(inner, span, cause, moment))
}

static void on_enter(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *moment) {
    EACH(ctrace_forward_span_enter(inner, span, moment))
}

static void on_exit(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *moment) {
    EACH(ctrace_forward_span_exit(inner, span, moment))
}

static void on_close(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *moment) {
    EACH(ctrace_forward_span_close(inner, span, moment))
}

static void on_event(ctrace_subscriber *self, const ctrace_event *event,
                     const ctrace_moment *moment) {
    EACH(ctrace_forward_event(inner, event, moment))
}

static ctrace_subscriber *inner_of(ctrace_subscriber *self, size_t i) {
    return i <= MOST ? ((fan *)self)->held[i] : NULL;
}

static void free_fan(ctrace_subscriber *self) {
    EACH(ctrace_subscriber_unref(inner))
}

static const ctrace_subscriber_ops ops = {
    .size = sizeof ops,
    .on_span_new = on_new,
    .on_span_record = on_record,
    .on_span_follows = on_follows,
    .on_span_enter = on_enter,
    .on_span_exit = on_exit,
    .on_span_close = on_close,
    .on_event = on_event,
    .inner = inner_of,
    .free = free_fan,
};

static ctrace_subscriber *make_fan(fan *self, size_t count) {
    memset(self, 0, sizeof *self);
    ctrace_subscriber_init(&self->base, &ops);
    for (size_t i = 0; i < count; i++) {
        self->held[i] = probe_init(&self->probes[i]);
    }
    return &self->base;
}

static void use_everything(void) {
    TRACE_SPAN_AS(span, "span", ("n", TRACE_EMPTY));
    TRACE_RECORD(span, ("n", 1));
    TRACE_INFO("event");
    ctrace_span *other = TRACE_SPAN_NEW("other");
    ctrace_span_follows(other, span);
    ctrace_span_unref(other);
}

/* Its probe answers as it does by its number: never, by the name, sometimes, always. */
static void each_is_given_what_it_wants(void **state) {
    (void)state;
    static fan many;
    ctrace_subscriber *self = make_fan(&many, MOST);
    for (size_t i = 0; i < MOST; i++) {
        atomic_store(&many.probes[i].interest, i % 4 == 0   ? CTRACE_INTEREST_NEVER
                                               : i % 4 == 2 ? CTRACE_INTEREST_SOMETIMES
                                                            : CTRACE_INTEREST_ALWAYS);
        many.probes[i].only = i % 4 == 1 ? "other" : NULL;
        atomic_store(&many.probes[i].enabled, i % 8 == 2);
    }
    TRACE_WITH_SUBSCRIBER(self) {
        use_everything();
    }
    for (size_t i = 0; i < MOST; i++) {
        const probe *at = &many.probes[i];
        const bool all = i % 4 == 3 || i % 8 == 2;
        assert_int_equal(probe_calls(at, PROBE_EVENT), all);
        assert_int_equal(probe_calls(at, PROBE_NEW), all ? 2 : i % 4 == 1);
        assert_int_equal(probe_calls(at, PROBE_CLOSE), probe_calls(at, PROBE_NEW));
        assert_int_equal(probe_calls(at, PROBE_ENTER), all);
        assert_int_equal(probe_calls(at, PROBE_EXIT), all);
        assert_int_equal(probe_calls(at, PROBE_RECORD), all);
        assert_int_equal(probe_calls(at, PROBE_FOLLOWS), all); /* the cause it must see too */
    }
    ctrace_subscriber_unref(self);
    for (size_t i = 0; i < MOST; i++) {
        assert_int_equal(probe_calls(&many.probes[i], PROBE_FREE), 1);
    }
}

static void count_data(probe *self, probe_callback callback, ctrace_span *span) {
    (void)callback;
    uint64_t *data = span == NULL ? NULL : ctrace_span_data(span, &self->base);
    if (data != NULL) {
        *data += 1;
        assert_true(*data <= 6);
        *(uint64_t *)self->argument += 1;
    }
}

static void each_has_data_of_its_own(void **state) {
    (void)state;
    static fan many;
    uint64_t counted = 0;
    ctrace_subscriber *self = make_fan(&many, 5);
    for (size_t i = 0; i < 5; i++) {
        many.probes[i].hook = count_data;
        many.probes[i].argument = &counted;
    }
    TRACE_WITH_SUBSCRIBER(self) {
        use_everything();
    }
    assert_int_equal(counted, 5 * (6 + 3)); /* span: new enter record event exit close */
    ctrace_subscriber_unref(self);
}

static void the_widest_interest_counts(void **state) {
    (void)state;
    static fan two;
    ctrace_subscriber *self = make_fan(&two, 2);
    const ctrace_callsite site = {.name = "site"};
    atomic_store(&two.probes[0].interest, CTRACE_INTEREST_NEVER);
    atomic_store(&two.probes[1].interest, CTRACE_INTEREST_NEVER);
    assert_int_equal(ctrace_forward_callsite(self, &site), CTRACE_INTEREST_NEVER);
    atomic_store(&two.probes[1].interest, CTRACE_INTEREST_SOMETIMES);
    assert_int_equal(ctrace_forward_callsite(self, &site), CTRACE_INTEREST_SOMETIMES);
    atomic_store(&two.probes[0].interest, CTRACE_INTEREST_ALWAYS);
    assert_int_equal(ctrace_forward_callsite(self, &site), CTRACE_INTEREST_ALWAYS);
    ctrace_subscriber_unref(self);
}

static void a_subscriber_that_does_nothing(void **state) {
    (void)state;
    static const ctrace_subscriber_ops nothing = {.size = sizeof nothing};
    ctrace_subscriber self;
    ctrace_subscriber_init(&self, &nothing);
    int evaluated = 0;
    TRACE_WITH_SUBSCRIBER(&self) {
        use_everything();
        TRACE_INFO("wanted all the same", ("n", ++evaluated));
    }
    assert_int_equal(evaluated, 1);
    ctrace_subscriber_unref(&self);
}

static void references_are_counted(void **state) {
    (void)state;
    static probe one;
    ctrace_subscriber *self = probe_init(&one);
    assert_ptr_equal(ctrace_subscriber_ref(self), self);
    ctrace_subscriber_unref(self);
    assert_int_equal(probe_calls(&one, PROBE_FREE), 0);
    ctrace_subscriber_unref(self);
    assert_int_equal(probe_calls(&one, PROBE_FREE), 1); /* it never listened */
}

RUN(TEST(each_is_given_what_it_wants), TEST(each_has_data_of_its_own),
    TEST(the_widest_interest_counts), TEST(a_subscriber_that_does_nothing),
    TEST(references_are_counted))

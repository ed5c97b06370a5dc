/* Tees: each branch hears what it asked for, as if it were alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrace/filter.h"
#include "ctrace/subscriber.h"
#include "ctrace/trace.h"
#include "support/listener.h"

static listener ears[3];

static ctrace_subscriber *behind(const char *directives, int i) {
    ctrace_filter *filter = NULL;
    assert_int_equal(ctrace_filter_parse(directives, &filter, NULL), CTRACE_OK);
    return ctrace_filtered_new(listener_init(&ears[i], false), filter);
}

static void end(ctrace_subscriber *tee) {
    ctrace_subscriber_unref(tee);
    ctrace_flush(CTRACE_FOREVER);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ears[i].alive, 0);
    }
}

static void work(void) {
    TRACE_SPAN_AS(request, "request", ("user", TRACE_EMPTY));
    TRACE_DEBUG("parse");
    {
        TRACE_SPAN_AT(CTRACE_LEVEL_DEBUG, "query");
        TRACE_INFO("slow");
        {
            TRACE_SPAN_AT(CTRACE_LEVEL_INFO, "send");
            TRACE_TRACE("byte");
            ctrace_span_follows(ctrace_span_current(), request);
        }
    }
    TRACE_RECORD(request, ("user", 42));
    TRACE_DEBUG("done");
}

static const char *const directives[] = {"info", "trace,[request]=off", "off,[query]=trace"};

/* What the branch hears when nobody else listens. */
static const char *alone(int i) {
    static char copy[2048];
    ctrace_subscriber *filtered = behind(directives[i], i);
    CTRACE_WITH_SUBSCRIBER(filtered) {
        work();
    }
    ctrace_subscriber_unref(filtered);
    ctrace_flush(CTRACE_FOREVER);
    strcpy(copy, listener_heard(&ears[i]));
    return copy;
}

static void each_branch_hears_what_it_hears_alone(void **state) {
    (void)state;
    ctrace_subscriber *branches[3];
    for (int i = 0; i < 3; i++) {
        branches[i] = behind(directives[i], i);
    }
    ctrace_subscriber *tee = ctrace_tee_new(branches, 3);
    CTRACE_WITH_SUBSCRIBER(tee) {
        work();
        work();
    }
    char together[3][2048];
    for (int i = 0; i < 3; i++) {
        strcpy(together[i], listener_heard(&ears[i]));
    }
    end(tee);
    for (int i = 0; i < 3; i++) {
        char twice[4096];
        strcpy(twice, alone(i));
        assert_true(strlen(twice) > 20);
        strcat(twice, alone(i));
        assert_string_equal(together[i], twice);
    }
}

static void parents_are_those_a_branch_asked_for(void **state) {
    (void)state;
    ctrace_subscriber *nested[] = {behind("info", 1), behind("trace", 2)};
    ctrace_subscriber *branches[] = {behind("error", 0), ctrace_tee_new(nested, 2)};
    ctrace_subscriber *tee = ctrace_tee_new(branches, 2);
    CTRACE_WITH_SUBSCRIBER(tee) {
        work();
    }
    assert_string_equal(listener_heard(&ears[0]), "");
    assert_string_equal(listener_heard(&ears[1]),
                        "+request >request request:slow +request/send >send request=>send <send "
                        "-send request!user <request -request ");
    assert_string_equal(listener_heard(&ears[2]),
                        "+request >request request:parse +request/query >query query:slow "
                        "+query/send >send send:byte request=>send <send -send <query -query "
                        "request!user request:done <request -request ");
    end(tee);
}

static int asked;

static void *argument(void) {
    asked++;
    return NULL;
}

static void off_only_when_no_branch_wants_it(void **state) {
    (void)state;
    ctrace_subscriber *branches[] = {behind("info", 0), behind("warn", 1), behind("off", 2)};
    ctrace_subscriber *tee = ctrace_tee_new(branches, 3);
    asked = 0;
    CTRACE_WITH_SUBSCRIBER(tee) {
        TRACE_DEBUG("no", ("p", argument()));
        assert_int_equal(asked, 0);
        TRACE_INFO("yes", ("p", argument()));
        assert_int_equal(asked, 1);
    }
    assert_string_equal(listener_heard(&ears[0]), ":yes ");
    assert_string_equal(listener_heard(&ears[1]), "");
    end(tee);
}

static void wrong_numbers_are_refused(void **state) {
    (void)state;
    assert_null(ctrace_tee_new(NULL, 3));
    ctrace_subscriber *one = listener_init(&ears[0], false);
    assert_null(ctrace_tee_new(&one, 0));
    assert_int_equal(ears[0].alive, 1);
    ctrace_subscriber *many[65];
    for (int i = 0; i < 65; i++) {
        many[i] = i == 0 ? one : ctrace_subscriber_ref(one);
    }
    assert_null(ctrace_tee_new(many, 65));
    assert_int_equal(ears[0].alive, 0);
    ctrace_subscriber *some[] = {listener_init(&ears[0], false), NULL};
    assert_null(ctrace_tee_new(some, 2));
    assert_int_equal(ears[0].alive, 0);
}

static void sixty_four_branches(void **state) {
    (void)state;
    ctrace_subscriber *many[64];
    many[0] = listener_init(&ears[0], false);
    for (int i = 1; i < 64; i++) {
        many[i] = i < 3 ? listener_init(&ears[i], false) : ctrace_subscriber_ref(many[2]);
    }
    ctrace_subscriber *tee = ctrace_tee_new(many, 64);
    assert_non_null(tee);
    CTRACE_WITH_SUBSCRIBER(tee) {
        TRACE_ERROR("x");
    }
    assert_string_equal(listener_heard(&ears[0]), ":x ");
    assert_int_equal(strlen(listener_heard(&ears[2])), 62 * 3);
    end(tee);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_branch_hears_what_it_hears_alone),
        cmocka_unit_test(parents_are_those_a_branch_asked_for),
        cmocka_unit_test(off_only_when_no_branch_wants_it),
        cmocka_unit_test(wrong_numbers_are_refused),
        cmocka_unit_test(sixty_four_branches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

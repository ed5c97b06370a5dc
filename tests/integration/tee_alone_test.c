/* Each branch of a tee writes, byte for byte, what it writes when nobody else listens, while a real
 * program, the type checker of the examples, does the same work. */
#define TRACE_TARGET "typecheck"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrace/filter.h"
#include "ctrace/sinks.h"
#include "ctrace/trace.h"
#include "ctrace/writer.h"
#include "typecheck/infer.h"
#include "typecheck/parser.h"

#define PROGRAMS CTRACE_TEST_DIR "/../examples/typecheck/programs/"

static const char *const programs[] = {
    PROGRAMS "lists.hm",     PROGRAMS "sorting.hm",      PROGRAMS "church.hm",
    PROGRAMS "evaluator.hm", PROGRAMS "bad_infinite.hm", PROGRAMS "bad_branches.hm",
};

static const struct branch {
    const char *directives;
    bool json;
    unsigned span_events;
} branches[] = {
    {"info", false, 0},
    {"debug", true, 0},
    {"warn,[infer{name=\"map\"}]=trace", false, 0},
    {"off,typecheck::unify=trace", true, 0},
    {"off,[expr{kind=lambda}]=trace", false, 0},
    {"off,[{type~\".*int.*\"}]=trace,typecheck::infer=info", true, 0},
    {"info,typecheck::parse=off,[unify]=trace", false,
     CTRACE_SPAN_EVENTS_NEW | CTRACE_SPAN_EVENTS_ENTER | CTRACE_SPAN_EVENTS_EXIT},
    {"trace", true, CTRACE_SPAN_EVENTS_NEW},
};

enum { BRANCHES = sizeof branches / sizeof branches[0] };

/* ---- The program ---- */

static void check_source(struct source *source) {
    TRACE_SPAN("check", ("file", source->path));
    struct arena arena = {0};
    struct checker checker;
    struct group *group = parse_program(source, &arena);
    checker_init(&checker, source, &arena);
    for (; group != NULL; group = group->next) {
        infer_definition(&checker, group);
    }
    TRACE_DEBUG("checked", ("errors", source->errors));
    arena_release(&arena);
}

static void check_all(void) {
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
        struct source source;
        assert_true(source_read(programs[i], &source));
        source.silent = true;
        check_source(&source);
        source_release(&source);
    }
}

/* ---- Who listens ---- */

/* One branch; what it wrote is in `ret_writer`, a reference of the caller's. */
static ctrace_subscriber *listen(const struct branch *branch, ctrace_writer **ret_writer) {
    const ctrace_text_options text = {.time = CTRACE_TIME_NONE, .span_events = branch->span_events};
    const ctrace_json_options json = {
        .time = CTRACE_TIME_NONE, .no_ids = true, .span_events = branch->span_events};
    ctrace_filter *filter = NULL;
    assert_int_equal(ctrace_filter_parse(branch->directives, &filter, NULL), CTRACE_OK);
    ctrace_writer *writer = ctrace_memory_writer_new();
    *ret_writer = ctrace_writer_ref(writer);
    return ctrace_filtered_new(
        branch->json ? ctrace_json_new(writer, &json) : ctrace_text_new(writer, &text), filter);
}

static void check_heard_by(ctrace_subscriber *subscriber) {
    assert_int_equal(ctrace_set_global(subscriber), CTRACE_OK);
    check_all();
    assert_int_equal(ctrace_shutdown(CTRACE_FOREVER), CTRACE_OK);
}

static void assert_same(ctrace_writer *together, ctrace_writer *alone, const char *directives) {
    size_t size, expected_size;
    const char *bytes = ctrace_memory_writer_bytes(together, &size);
    const char *expected = ctrace_memory_writer_bytes(alone, &expected_size);
    assert_true(expected_size > 1000);
    if (size != expected_size || memcmp(bytes, expected, size) != 0) {
        size_t at = 0;
        while (bytes[at] != '\0' && bytes[at] == expected[at]) {
            at++;
        }
        fail_msg("%s: at byte %zu of %zu: \"%.80s\", alone \"%.80s\"", directives, at,
                 expected_size, bytes + at, expected + at);
    }
}

/* Gives the writers back. */
static void assert_as_if_alone(ctrace_writer *writers[]) {
    for (size_t i = 0; i < BRANCHES; i++) {
        ctrace_writer *alone;
        check_heard_by(listen(&branches[i], &alone));
        assert_same(writers[i], alone, branches[i].directives);
        ctrace_writer_unref(alone);
        ctrace_writer_unref(writers[i]);
    }
}

static void listen_all(ctrace_subscriber *ret_subscribers[], ctrace_writer *ret_writers[]) {
    for (size_t i = 0; i < BRANCHES; i++) {
        ret_subscribers[i] = listen(&branches[i], &ret_writers[i]);
    }
}

static void side_by_side(void **state) {
    (void)state;
    ctrace_subscriber *subscribers[BRANCHES];
    ctrace_writer *writers[BRANCHES];
    listen_all(subscribers, writers);
    check_heard_by(ctrace_tee_new(subscribers, BRANCHES));
    assert_as_if_alone(writers);
}

/* A tee that holds the first branch and a tee that holds the second and so on. */
static void one_inside_another(void **state) {
    (void)state;
    ctrace_subscriber *subscribers[BRANCHES];
    ctrace_writer *writers[BRANCHES];
    listen_all(subscribers, writers);
    ctrace_subscriber *nest = subscribers[BRANCHES - 1];
    for (size_t i = BRANCHES - 1; i-- > 0;) {
        ctrace_subscriber *both[] = {subscribers[i], nest};
        nest = ctrace_tee_new(both, 2);
    }
    check_heard_by(nest);
    assert_as_if_alone(writers);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(side_by_side),
        cmocka_unit_test(one_inside_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

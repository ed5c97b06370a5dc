#define TRACE_TARGET "typecheck::infer"
#include "ctrace/trace.h"

#include "infer.h"

#include <stdio.h>

enum { MESSAGE_SIZE = 2 * TYPE_TEXT_SIZE + 100 };

void report(struct checker *checker, struct position at, const char *message) {
    TRACE_ERROR("error", ("line", at.line), ("column", at.column), ("why", message));
    source_error(checker->source, at, message);
}

void report_too_deep(struct checker *checker, struct position at) {
    report(checker, at, "the type of this is nested too deeply (more than 1000 levels)");
}

void report_found(struct checker *checker, struct position at, const char *what,
                  struct type *found) {
    char message[MESSAGE_SIZE];
    char text[TYPE_TEXT_SIZE];
    type_text(text, found, &(struct type_names){0});
    TRACE_ERROR("type error", ("line", at.line), ("column", at.column), ("expected", what),
                ("found", TRACE_LAZY(type_lazy, found)));
    snprintf(message, sizeof(message), "expected %s, found %s", what, text);
    source_error(checker->source, at, message);
}

static void report_mismatch(struct checker *checker, struct position at, struct type *expected,
                            struct type *found) {
    struct type_names names = {0}; /* one for both, so that 'a is the same in both */
    char message[MESSAGE_SIZE];
    char left[TYPE_TEXT_SIZE];
    char right[TYPE_TEXT_SIZE];
    type_text(left, expected, &names);
    type_text(right, found, &names);
    TRACE_ERROR("type error", ("line", at.line), ("column", at.column),
                ("expected", TRACE_LAZY(type_lazy, expected)),
                ("found", TRACE_LAZY(type_lazy, found)));
    snprintf(message, sizeof(message), "expected %s, found %s", left, right);
    source_error(checker->source, at, message);
}

static void report_infinite(struct checker *checker, struct position at) {
    struct type *variable = checker->types.left;
    struct type *type = checker->types.right;
    struct type_names names = {0};
    char message[MESSAGE_SIZE];
    char left[TYPE_TEXT_SIZE];
    char right[TYPE_TEXT_SIZE];
    type_text(left, variable, &names);
    type_text(right, type, &names);
    TRACE_ERROR("infinite type", ("line", at.line), ("column", at.column),
                ("variable", TRACE_LAZY(type_lazy, variable)),
                ("type", TRACE_LAZY(type_lazy, type)));
    snprintf(message, sizeof(message), "infinite type: %s would have to be %s", left, right);
    source_error(checker->source, at, message);
}

bool require(struct checker *checker, struct position at, struct type *expected,
             struct type *found) {
    switch (unify(&checker->types, expected, found)) {
    case UNIFY_OK:
        return true;
    case UNIFY_MISMATCH:
        report_mismatch(checker, at, expected, found);
        break;
    case UNIFY_INFINITE:
        report_infinite(checker, at);
        break;
    case UNIFY_TOO_DEEP:
        report_too_deep(checker, at);
        break;
    }
    return false;
}

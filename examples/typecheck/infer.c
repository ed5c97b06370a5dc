#define TRACE_TARGET "typecheck::infer"
#include "ctrace/trace.h"

#include "infer.h"

#include <stdio.h>
#include <string.h>

void checker_init(struct checker *ret_checker, struct source *source, struct arena *arena) {
    *ret_checker = (struct checker){.source = source, .types = {.arena = arena}};
}

/* Infers an operand, which must have the expected type. */
static bool check(struct checker *checker, const struct expr *expr, struct type *expected) {
    struct type *found = infer_expr(checker, expr, expected);
    return found != NULL && require(checker, expr->at, expected, found);
}

static struct type *infer_integer(struct checker *checker, const struct expr *expr,
                                  struct type *expected) {
    (void)expr;
    (void)expected;
    return type_new(&checker->types, TYPE_INT, 0);
}

static struct type *infer_boolean(struct checker *checker, const struct expr *expr,
                                  struct type *expected) {
    (void)expr;
    (void)expected;
    return type_new(&checker->types, TYPE_BOOL, 0);
}

static struct type *infer_name(struct checker *checker, const struct expr *expr,
                               struct type *expected) {
    (void)expected;
    const struct variable *variable = checker->variables;
    while (variable != NULL && strcmp(variable->name, expr->name) != 0) {
        variable = variable->next;
    }
    if (variable == NULL) {
        char message[100];
        snprintf(message, sizeof(message), "'%.60s' is not defined", expr->name);
        report(checker, expr->at, message);
        return NULL;
    }
    struct type *type = instantiate(&checker->types, variable->type);
    if (type == NULL) {
        report_too_deep(checker, expr->at);
        return NULL;
    }
    TRACE_TRACE("instantiate", ("name", expr->name),
                ("scheme", TRACE_LAZY(type_scheme_lazy, variable->type)),
                ("type", TRACE_LAZY(type_lazy, type)));
    return type;
}

/* What is expected, where it is known to be of that kind, else NULL. An expression that is made of
 * others passes it on to them, so that an error is found in the innermost one. */
static struct type *hint_of(struct type *expected, enum type_kind kind, size_t count) {
    struct type *hint = expected != NULL ? type_resolve(expected) : NULL;
    return hint != NULL && hint->kind == kind && hint->count == count ? hint : NULL;
}

static struct type *infer_tuple(struct checker *checker, const struct expr *expr,
                                struct type *expected) {
    size_t count = 0;
    for (const struct expr *item = expr->operands; item != NULL; item = item->next) {
        count++;
    }
    struct type *tuple = type_new(&checker->types, TYPE_TUPLE, count);
    struct type *hint = hint_of(expected, TYPE_TUPLE, count);
    size_t i = 0;
    for (const struct expr *item = expr->operands; item != NULL; item = item->next, i++) {
        tuple->arguments[i] = hint != NULL ? hint->arguments[i] : type_variable(&checker->types);
        if (!check(checker, item, tuple->arguments[i])) {
            return NULL;
        }
    }
    return tuple;
}

static struct type *infer_list(struct checker *checker, const struct expr *expr,
                               struct type *expected) {
    struct type *hint = hint_of(expected, TYPE_LIST, 1);
    struct type *element = hint != NULL ? hint->arguments[0] : type_variable(&checker->types);
    for (const struct expr *item = expr->operands; item != NULL; item = item->next) {
        if (!check(checker, item, element)) {
            return NULL;
        }
    }
    return type_list(&checker->types, element);
}

/* The types that an operator asks for, and gives. */
struct signature {
    struct type *left;
    struct type *right;
    struct type *result;
};

static struct signature signature_of(struct types *types, enum operator_kind kind) {
    struct type *integer = type_new(types, TYPE_INT, 0);
    struct type *boolean = type_new(types, TYPE_BOOL, 0);
    struct type *any = type_variable(types);
    struct type *list = type_list(types, any);
    const struct signature signatures[] = {
        [ARITHMETIC] = {integer, integer, integer},
        [COMPARISON] = {integer, integer, boolean},
        [EQUALITY] = {any, any, boolean},
        [LOGIC] = {boolean, boolean, boolean},
        [CONS] = {any, list, list},
    };
    return signatures[kind];
}

static struct type *infer_binary(struct checker *checker, const struct expr *expr,
                                 struct type *expected) {
    (void)expected;
    struct signature signature = signature_of(&checker->types, expr->op->kind);
    const struct expr *left = expr->operands;
    bool ok = check(checker, left, signature.left) && check(checker, left->next, signature.right);
    return ok ? signature.result : NULL;
}

/* The function type of what is applied. A type that is not known yet becomes one. */
static struct type *function_type(struct checker *checker, const struct expr *expr) {
    struct type *type = infer_expr(checker, expr, NULL);
    if (type == NULL) {
        return NULL;
    }
    type = type_resolve(type);
    if (type->kind == TYPE_FUNCTION) {
        return type;
    }
    if (type->kind != TYPE_VARIABLE) {
        report_found(checker, expr->at, "a function", type);
        return NULL;
    }
    struct type *parameter = type_variable(&checker->types);
    struct type *result = type_variable(&checker->types);
    struct type *function = type_function(&checker->types, parameter, result);
    return require(checker, expr->at, function, type) ? function : NULL;
}

static struct type *infer_application(struct checker *checker, const struct expr *expr,
                                      struct type *expected) {
    (void)expected;
    struct type *function = function_type(checker, expr->operands);
    bool ok = function != NULL && check(checker, expr->operands->next, function->arguments[0]);
    return ok ? function->arguments[1] : NULL;
}

/* The function that is expected, as far as that is known. */
static struct type *lambda_type(struct checker *checker, struct type *expected) {
    struct type *hint = hint_of(expected, TYPE_FUNCTION, 2);
    if (hint != NULL) {
        return hint;
    }
    struct type *parameter = type_variable(&checker->types);
    struct type *result = type_variable(&checker->types);
    struct type *function = type_function(&checker->types, parameter, result);
    if (hint_of(expected, TYPE_VARIABLE, 0) != NULL) {
        /* Cannot fail, as all is fresh. A recursive call in the body shall know this type. */
        unify(&checker->types, expected, function);
    }
    return function;
}

static struct type *infer_lambda(struct checker *checker, const struct expr *expr,
                                 struct type *expected) {
    struct variable *scope = checker->variables;
    struct type *function = lambda_type(checker, expected);
    struct type *parameter = infer_pattern(checker, expr->patterns);
    bool ok = parameter != NULL &&
              require(checker, expr->patterns->at, function->arguments[0], parameter) &&
              check(checker, expr->operands, function->arguments[1]);
    checker->variables = scope;
    return ok ? function : NULL;
}

static struct type *infer_if(struct checker *checker, const struct expr *expr,
                             struct type *expected) {
    const struct expr *condition = expr->operands;
    const struct expr *then = condition->next;
    if (!check(checker, condition, type_new(&checker->types, TYPE_BOOL, 0))) {
        return NULL;
    }
    struct type *result = expected != NULL ? expected : type_variable(&checker->types);
    return check(checker, then, result) && check(checker, then->next, result) ? result : NULL;
}

static struct type *infer_let(struct checker *checker, const struct expr *expr,
                              struct type *expected) {
    struct variable *scope = checker->variables;
    bool ok = infer_group(checker, expr->group);
    struct type *type = ok ? infer_expr(checker, expr->operands, expected) : NULL;
    checker->variables = scope;
    return type;
}

/* A body must have the type of the bodies before it, and its pattern that of the subject. */
static bool infer_case(struct checker *checker, struct type *subject, const struct pattern *pattern,
                       const struct expr *body, struct type *result) {
    struct variable *scope = checker->variables;
    struct type *type = infer_pattern(checker, pattern);
    bool ok = type != NULL && require(checker, pattern->at, subject, type) &&
              check(checker, body, result);
    checker->variables = scope;
    return ok;
}

static struct type *infer_match(struct checker *checker, const struct expr *expr,
                                struct type *expected) {
    struct type *subject = infer_expr(checker, expr->operands, NULL);
    if (subject == NULL) {
        return NULL;
    }
    struct type *result = expected != NULL ? expected : type_variable(&checker->types);
    const struct expr *body = expr->operands->next;
    for (const struct pattern *p = expr->patterns; p != NULL; p = p->next, body = body->next) {
        if (!infer_case(checker, subject, p, body, result)) {
            return NULL;
        }
    }
    return result;
}

static const struct rule {
    const char *name;
    struct type *(*infer)(struct checker *checker, const struct expr *expr, struct type *expected);
} rules[] = {
    [EXPR_INTEGER] = {"integer", infer_integer},
    [EXPR_BOOLEAN] = {"boolean", infer_boolean},
    [EXPR_NAME] = {"name", infer_name},
    [EXPR_TUPLE] = {"tuple", infer_tuple},
    [EXPR_LIST] = {"list", infer_list},
    [EXPR_BINARY] = {"operator", infer_binary},
    [EXPR_APPLICATION] = {"application", infer_application},
    [EXPR_LAMBDA] = {"lambda", infer_lambda},
    [EXPR_IF] = {"if", infer_if},
    [EXPR_LET] = {"let", infer_let},
    [EXPR_MATCH] = {"match", infer_match},
};

struct type *infer_expr(struct checker *checker, const struct expr *expr, struct type *expected) {
    const struct rule *rule = &rules[expr->kind];
    TRACE_SPAN_AT(CTRACE_LEVEL_DEBUG, "expr", ("kind", rule->name), ("line", expr->at.line),
                  ("column", expr->at.column));
    struct type *type = rule->infer(checker, expr, expected);
    if (type != NULL) {
        TRACE_TRACE("has type", ("type", TRACE_LAZY(type_lazy, type)));
    }
    return type;
}

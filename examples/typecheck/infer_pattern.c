#define TRACE_TARGET "typecheck::infer"
#include "ctrace/trace.h"

#include "infer.h"

#include <stdio.h>
#include <string.h>

bool bind_name(struct checker *checker, const char *name, struct position at, struct type *type,
               const struct variable *scope) {
    for (const struct variable *v = checker->variables; v != scope; v = v->next) {
        if (strcmp(v->name, name) == 0) {
            char message[100];
            snprintf(message, sizeof(message), "'%.60s' is bound twice here", name);
            report(checker, at, message);
            return false;
        }
    }
    struct variable *variable = arena_alloc(checker->types.arena, sizeof(*variable));
    *variable = (struct variable){name, type, checker->variables};
    checker->variables = variable;
    return true;
}

static struct type *infer_at(struct checker *checker, const struct pattern *pattern,
                             const struct variable *scope);

static struct type *infer_tuple(struct checker *checker, const struct pattern *pattern,
                                const struct variable *scope) {
    size_t count = 0;
    for (const struct pattern *item = pattern->items; item != NULL; item = item->next) {
        count++;
    }
    struct type *tuple = type_new(&checker->types, TYPE_TUPLE, count);
    size_t i = 0;
    for (const struct pattern *item = pattern->items; item != NULL; item = item->next) {
        tuple->arguments[i] = infer_at(checker, item, scope);
        if (tuple->arguments[i++] == NULL) {
            return NULL;
        }
    }
    return tuple;
}

static struct type *infer_list(struct checker *checker, const struct pattern *pattern,
                               const struct variable *scope) {
    struct type *element = type_variable(&checker->types);
    for (const struct pattern *item = pattern->items; item != NULL; item = item->next) {
        struct type *type = infer_at(checker, item, scope);
        if (type == NULL || !require(checker, item->at, element, type)) {
            return NULL;
        }
    }
    return type_list(&checker->types, element);
}

static struct type *infer_cons(struct checker *checker, const struct pattern *pattern,
                               const struct variable *scope) {
    const struct pattern *tail = pattern->items->next;
    struct type *head_type = infer_at(checker, pattern->items, scope);
    struct type *tail_type = head_type != NULL ? infer_at(checker, tail, scope) : NULL;
    if (tail_type == NULL) {
        return NULL;
    }
    struct type *list = type_list(&checker->types, head_type);
    return require(checker, tail->at, list, tail_type) ? list : NULL;
}

static struct type *infer_at(struct checker *checker, const struct pattern *pattern,
                             const struct variable *scope) {
    struct type *type = NULL;
    switch (pattern->kind) {
    case PATTERN_INTEGER:
        return type_new(&checker->types, TYPE_INT, 0);
    case PATTERN_BOOLEAN:
        return type_new(&checker->types, TYPE_BOOL, 0);
    case PATTERN_TUPLE:
        return infer_tuple(checker, pattern, scope);
    case PATTERN_LIST:
        return infer_list(checker, pattern, scope);
    case PATTERN_CONS:
        return infer_cons(checker, pattern, scope);
    case PATTERN_ANY:
        return type_variable(&checker->types);
    case PATTERN_NAME:
        type = type_variable(&checker->types);
        return bind_name(checker, pattern->name, pattern->at, type, scope) ? type : NULL;
    }
    return NULL;
}

struct type *infer_pattern(struct checker *checker, const struct pattern *pattern) {
    struct type *type = infer_at(checker, pattern, checker->variables);
    if (type != NULL) {
        TRACE_TRACE("pattern", ("line", pattern->at.line), ("column", pattern->at.column),
                    ("type", TRACE_LAZY(type_lazy, type)));
    }
    return type;
}

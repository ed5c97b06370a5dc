#define TRACE_TARGET "typecheck::infer"
#include "ctrace/trace.h"

#include "infer.h"

static void infer_body(struct checker *checker, struct binding *binding) {
    TRACE_ENTER(binding->span);
    struct type *type = infer_expr(checker, binding->body, binding->type);
    /* A recursive binding has a type by now: the one that its uses ask for. */
    if (binding->type != NULL && type != NULL &&
        !require(checker, binding->body->at, binding->type, type)) {
        type = NULL;
    }
    binding->type = type;
}

static bool generalise_binding(struct checker *checker, struct binding *binding) {
    TRACE_ENTER(binding->span);
    if (!generalise(&checker->types, binding->type)) {
        report_too_deep(checker, binding->at);
        return false;
    }
    TRACE_DEBUG("generalise", ("name", binding->name),
                ("type", TRACE_LAZY(type_scheme_lazy, binding->type)));
    return true;
}

/* The names are known in the bodies of a recursive group; there each still has one type. */
static bool bind_recursive(struct checker *checker, struct group *group) {
    const struct variable *scope = checker->variables;
    for (struct binding *b = group->bindings; b != NULL; b = b->next) {
        b->type = group->recursive ? type_variable(&checker->types) : NULL;
        if (group->recursive && !bind_name(checker, b->name, b->at, b->type, scope)) {
            return false;
        }
    }
    return true;
}

static bool infer_bodies(struct checker *checker, struct group *group) {
    checker->types.level++;
    bool ok = bind_recursive(checker, group);
    for (struct binding *b = group->bindings; b != NULL && ok; b = b->next) {
        infer_body(checker, b);
        ok = b->type != NULL;
    }
    checker->types.level--;
    return ok;
}

/* After this the names of the group are in scope, with generic types. */
bool infer_group(struct checker *checker, struct group *group) {
    struct variable *scope = checker->variables;
    bool ok = infer_bodies(checker, group);
    checker->variables = scope;
    for (struct binding *b = group->bindings; b != NULL && ok; b = b->next) {
        ok = generalise_binding(checker, b) && bind_name(checker, b->name, b->at, b->type, scope);
    }
    return ok;
}

/* One mistake is reported once: what it spoils fits everywhere. */
static void forgive(struct checker *checker, struct group *group, struct variable *scope) {
    checker->variables = scope;
    for (struct binding *b = group->bindings; b != NULL; b = b->next) {
        struct variable *variable = arena_alloc(checker->types.arena, sizeof(*variable));
        struct type *anything = type_variable(&checker->types);
        anything->level = GENERIC_LEVEL;
        *variable = (struct variable){b->name, anything, checker->variables};
        checker->variables = variable;
        b->type = NULL;
    }
}

void infer_definition(struct checker *checker, struct group *group) {
    struct variable *scope = checker->variables;
    int level = checker->types.level;
    for (struct binding *b = group->bindings; b != NULL; b = b->next) {
        b->span = TRACE_SPAN_NEW("infer", ("name", b->name), ("line", b->at.line));
    }
    if (!infer_group(checker, group)) {
        forgive(checker, group, scope);
    }
    checker->types.level = level;
    for (struct binding *b = group->bindings; b != NULL; b = b->next) {
        ctrace_span_unref(b->span);
        b->span = NULL;
    }
}

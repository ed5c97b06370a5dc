#define TRACE_TARGET "typecheck::unify"
#include "ctrace/trace.h"

#include "types.h"

/* Looks for `variable` in `type`, and lowers what it meets to the variable's level: it will be free
 * wherever the variable is. */
static enum unify_result occurs(struct types *types, struct type *variable, struct type *type,
                                unsigned depth) {
    type = type_resolve(type);
    if (type == variable) {
        return UNIFY_INFINITE;
    }
    if (depth > TYPE_DEPTH_LIMIT) {
        return UNIFY_TOO_DEEP;
    }
    if (type->visit == types->visits) {
        return UNIFY_OK;
    }
    type->visit = types->visits;
    if (type->kind == TYPE_VARIABLE && type->level > variable->level) {
        type->level = variable->level;
    }
    enum unify_result result = UNIFY_OK;
    for (size_t i = 0; i < type->count && result == UNIFY_OK; i++) {
        result = occurs(types, variable, type->arguments[i], depth + 1);
    }
    return result;
}

static enum unify_result fail(struct types *types, struct type *left, struct type *right,
                              enum unify_result result) {
    static const char *const reasons[] = {"", "mismatch", "infinite type", "too deep"};
    TRACE_DEBUG("cannot unify", ("left", TRACE_LAZY(type_lazy, left)),
                ("right", TRACE_LAZY(type_lazy, right)), ("why", reasons[result]));
    types->left = left;
    types->right = right;
    return result;
}

static enum unify_result bind(struct types *types, struct type *variable, struct type *type) {
    types->visits++;
    enum unify_result result = occurs(types, variable, type, 0);
    if (result != UNIFY_OK) {
        return fail(types, variable, type, result);
    }
    TRACE_TRACE("bind", ("variable", TRACE_LAZY(type_lazy, variable)),
                ("type", TRACE_LAZY(type_lazy, type)));
    variable->link = type;
    return UNIFY_OK;
}

static enum unify_result unify_at(struct types *types, struct type *left, struct type *right,
                                  unsigned depth);

static enum unify_result unify_arguments(struct types *types, struct type *left, struct type *right,
                                         unsigned depth) {
    if (left->kind != right->kind || left->count != right->count) {
        return fail(types, left, right, UNIFY_MISMATCH);
    }
    if (depth == TYPE_DEPTH_LIMIT) {
        return fail(types, left, right, UNIFY_TOO_DEEP);
    }
    enum unify_result result = UNIFY_OK;
    for (size_t i = 0; i < left->count && result == UNIFY_OK; i++) {
        result = unify_at(types, left->arguments[i], right->arguments[i], depth + 1);
    }
    if (result == UNIFY_OK) {
        left->link = right; /* the next comparison of the two is one of pointers */
    }
    return result;
}

static enum unify_result unify_at(struct types *types, struct type *left, struct type *right,
                                  unsigned depth) {
    left = type_resolve(left);
    right = type_resolve(right);
    if (left == right) {
        return UNIFY_OK;
    }
    TRACE_SPAN_AT(CTRACE_LEVEL_DEBUG, "unify", ("left", TRACE_LAZY(type_lazy, left)),
                  ("right", TRACE_LAZY(type_lazy, right)));
    if (left->kind == TYPE_VARIABLE) {
        return bind(types, left, right);
    }
    if (right->kind == TYPE_VARIABLE) {
        return bind(types, right, left);
    }
    return unify_arguments(types, left, right, depth);
}

enum unify_result unify(struct types *types, struct type *left, struct type *right) {
    return unify_at(types, left, right, 0);
}

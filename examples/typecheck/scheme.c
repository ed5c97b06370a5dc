#include "types.h"

static bool generalise_at(struct types *types, struct type *type, unsigned depth) {
    type = type_resolve(type);
    if (depth > TYPE_DEPTH_LIMIT) {
        return false;
    }
    if (type->visit == types->visits) {
        return true;
    }
    type->visit = types->visits;
    if (type->kind == TYPE_VARIABLE && type->level > types->level) {
        type->level = GENERIC_LEVEL;
    }
    bool ok = true;
    for (size_t i = 0; i < type->count && ok; i++) {
        ok = generalise_at(types, type->arguments[i], depth + 1);
    }
    return ok;
}

bool generalise(struct types *types, struct type *type) {
    types->visits++;
    return generalise_at(types, type, 0);
}

static struct type *instantiate_at(struct types *types, struct type *type, unsigned depth);

/* A copy only where an argument differs: most of a type holds nothing generic. */
static struct type *instantiate_arguments(struct types *types, struct type *type, unsigned depth) {
    struct type *copy = type;
    for (size_t i = 0; i < type->count; i++) {
        struct type *old = type_resolve(type->arguments[i]);
        struct type *new = instantiate_at(types, old, depth + 1);
        if (new == NULL) {
            return NULL;
        }
        if (new != old && copy == type) {
            copy = type_new(types, type->kind, type->count);
            for (size_t j = 0; j < type->count; j++) {
                copy->arguments[j] = type->arguments[j];
            }
        }
        copy->arguments[i] = new;
    }
    return copy;
}

static struct type *instantiate_at(struct types *types, struct type *type, unsigned depth) {
    type = type_resolve(type);
    if (depth > TYPE_DEPTH_LIMIT) {
        return NULL;
    }
    if (type->visit != types->visits) {
        bool generic = type->kind == TYPE_VARIABLE && type->level == GENERIC_LEVEL;
        struct type *copy =
            generic ? type_variable(types) : instantiate_arguments(types, type, depth);
        type->visit = types->visits;
        type->copy = copy;
    }
    return type->copy;
}

struct type *instantiate(struct types *types, struct type *type) {
    types->visits++;
    return instantiate_at(types, type, 0);
}

#include "types.h"

struct type *type_new(struct types *types, enum type_kind kind, size_t count) {
    struct type *type = arena_alloc(types->arena, sizeof(*type) + count * sizeof(struct type *));
    type->kind = kind;
    type->count = count;
    return type;
}

struct type *type_variable(struct types *types) {
    struct type *type = type_new(types, TYPE_VARIABLE, 0);
    type->level = types->level;
    type->id = ++types->variables;
    return type;
}

struct type *type_list(struct types *types, struct type *item) {
    struct type *type = type_new(types, TYPE_LIST, 1);
    type->arguments[0] = item;
    return type;
}

struct type *type_function(struct types *types, struct type *parameter, struct type *result) {
    struct type *type = type_new(types, TYPE_FUNCTION, 2);
    type->arguments[0] = parameter;
    type->arguments[1] = result;
    return type;
}

struct type *type_resolve(struct type *type) {
    while (type->link != NULL) {
        if (type->link->link != NULL) {
            type->link = type->link->link; /* halves the path for the next one who comes */
        }
        type = type->link;
    }
    return type;
}

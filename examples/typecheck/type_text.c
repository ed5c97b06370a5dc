#include "types.h"

#include "ctrace/subscriber.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SHOWN_DEPTH = 50 };

struct printer {
    char *text;
    size_t size;
    struct type_names *names;
};

/* How tightly a type's text holds together; what is looser than its place gets parentheses. */
enum binding_strength { LOOSE, IN_FUNCTION, IN_TUPLE, IN_LIST };

static bool is_full(const struct printer *printer) {
    return printer->size >= TYPE_TEXT_SIZE - 1;
}

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static void
put(struct printer *printer, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    size_t room = TYPE_TEXT_SIZE - printer->size;
    int size = vsnprintf(printer->text + printer->size, room, format, arguments);
    va_end(arguments);
    if (size > 0) {
        printer->size += (size_t)size < room ? (size_t)size : room - 1;
    }
}

static void put_variable(struct printer *printer, const struct type *variable) {
    struct type_names *names = printer->names;
    const size_t most = sizeof(names->variables) / sizeof(names->variables[0]);
    size_t i = 0;
    while (names != NULL && i < names->count && names->variables[i] != variable) {
        i++;
    }
    bool nameless =
        names == NULL || i == most || (names->generic_only && variable->level != GENERIC_LEVEL);
    if (nameless) {
        put(printer, "'t%u", variable->id);
        return;
    }
    names->variables[i] = variable;
    names->count = i < names->count ? names->count : i + 1;
    put(printer, "'%c", "abcdefghijklmnopqrstuvwxyz"[i]);
}

static void put_type(struct printer *printer, struct type *type, enum binding_strength place,
                     unsigned depth);

static void put_tuple(struct printer *printer, const struct type *type, unsigned depth) {
    if (type->count == 0) {
        put(printer, "unit");
    }
    for (size_t i = 0; i < type->count && !is_full(printer); i++) {
        put(printer, i == 0 ? "" : " * ");
        put_type(printer, type->arguments[i], IN_TUPLE, depth);
    }
}

static void put_bare(struct printer *printer, const struct type *type, unsigned depth) {
    switch (type->kind) {
    case TYPE_VARIABLE:
        put_variable(printer, type);
        break;
    case TYPE_INT:
        put(printer, "int");
        break;
    case TYPE_BOOL:
        put(printer, "bool");
        break;
    case TYPE_LIST:
        put_type(printer, type->arguments[0], IN_LIST, depth);
        put(printer, " list");
        break;
    case TYPE_TUPLE:
        put_tuple(printer, type, depth);
        break;
    case TYPE_FUNCTION:
        put_type(printer, type->arguments[0], IN_FUNCTION, depth);
        put(printer, " -> ");
        put_type(printer, type->arguments[1], LOOSE, depth);
        break;
    }
}

static bool needs_parentheses(const struct type *type, enum binding_strength place) {
    return (type->kind == TYPE_FUNCTION && place >= IN_FUNCTION) ||
           (type->kind == TYPE_TUPLE && type->count > 0 && place >= IN_TUPLE);
}

static void put_type(struct printer *printer, struct type *type, enum binding_strength place,
                     unsigned depth) {
    if (is_full(printer)) {
        return; /* also keeps the time short for a graph whose tree is huge */
    }
    type = type_resolve(type);
    if (depth == SHOWN_DEPTH) {
        put(printer, "...");
        return;
    }
    bool parentheses = needs_parentheses(type, place);
    put(printer, parentheses ? "(" : "");
    put_bare(printer, type, depth + 1);
    put(printer, parentheses ? ")" : "");
}

void type_text(char text[TYPE_TEXT_SIZE], struct type *type, struct type_names *names) {
    struct printer printer = {text, 0, names};
    text[0] = '\0';
    put_type(&printer, type, LOOSE, 0);
    if (is_full(&printer)) {
        memcpy(text + TYPE_TEXT_SIZE - sizeof("..."), "...", sizeof("..."));
    }
}

static void put_text(ctrace_buf *out, const void *type, struct type_names *names) {
    char text[TYPE_TEXT_SIZE];
    type_text(text, (struct type *)type, names); /* only shortens links */
    ctrace_buf_put(out, text, strlen(text));
}

void type_lazy(ctrace_buf *out, const void *type) {
    put_text(out, type, NULL);
}

void type_scheme_lazy(ctrace_buf *out, const void *type) {
    put_text(out, type, &(struct type_names){.generic_only = true});
}

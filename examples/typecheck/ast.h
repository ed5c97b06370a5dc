/* What the parser makes and the checker reads. All of it lives in one arena. */
#ifndef TYPECHECK_AST_H
#define TYPECHECK_AST_H

#include <stdbool.h>

#include "ctrace/trace.h"
#include "source.h"

enum operator_kind { ARITHMETIC, COMPARISON, EQUALITY, LOGIC, CONS };

struct operator_info {
    const char *name;
    enum operator_kind kind;
    int precedence; /* the higher, the tighter it binds */
    bool right;     /* a :: b :: c is a :: (b :: c) */
};

enum pattern_kind {
    PATTERN_ANY,
    PATTERN_NAME,
    PATTERN_INTEGER,
    PATTERN_BOOLEAN,
    PATTERN_TUPLE,
    PATTERN_LIST,
    PATTERN_CONS /* its items are the head and the tail */
};

struct pattern {
    enum pattern_kind kind;
    struct position at;
    const char *name;
    struct pattern *items;
    struct pattern *next; /* in the list that this one is part of */
};

enum expr_kind {                   /* operands, in order; and what else is set */
                 EXPR_INTEGER,     /* - */
                 EXPR_BOOLEAN,     /* - */
                 EXPR_NAME,        /* -; name */
                 EXPR_TUPLE,       /* the items; none is unit */
                 EXPR_LIST,        /* the items */
                 EXPR_BINARY,      /* left, right; op */
                 EXPR_APPLICATION, /* function, argument */
                 EXPR_LAMBDA,      /* body; patterns: the parameter */
                 EXPR_IF,          /* condition, then, else */
                 EXPR_LET,         /* body; group */
                 EXPR_MATCH /* subject, then a body for each case; patterns: one for each case */
};

struct expr {
    enum expr_kind kind;
    struct position at;
    unsigned depth; /* levels of expressions below */
    const char *name;
    const struct operator_info *op;
    struct pattern *patterns;
    struct group *group;
    struct expr *operands;
    struct expr *last; /* of the operands */
    struct expr *next; /* in the list that this one is part of */
};

/* One NAME = EXPRESSION. */
struct binding {
    const char *name;
    struct position at; /* of the name */
    struct expr *body;
    struct type *type; /* set by the checker; NULL after an error */
    ctrace_span *span; /* open while the checker works on a definition, else NULL */
    struct binding *next;
};

/* let a = … and b = …: bindings that are defined together. */
struct group {
    bool recursive;
    struct binding *bindings;
    struct group *next; /* the next definition of the file */
};

#endif

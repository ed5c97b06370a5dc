/* Hindley-Milner type inference over the definitions of one file. */
#ifndef TYPECHECK_INFER_H
#define TYPECHECK_INFER_H

#include "ast.h"
#include "types.h"

/* A name in scope. */
struct variable {
    const char *name;
    struct type *type; /* generic after let, one type after a pattern */
    struct variable *next;
};

struct checker {
    struct source *source;
    struct types types;
    struct variable *variables; /* the innermost first */
};

void checker_init(struct checker *ret_checker, struct source *source, struct arena *arena);

/* Infers the types of the bindings of one definition and adds them to the scope. An error is
 * reported to the source; the bindings then have no type, and their later uses fit everywhere. */
void infer_definition(struct checker *checker, struct group *group);

/* What follows is shared by the checker's own files. Where a type or true is returned, NULL or
 * false stands for an error that is reported by then. */
struct type *infer_pattern(struct checker *checker, const struct pattern *pattern);
bool infer_group(struct checker *checker, struct group *group);

/* `expected` is a hint that puts errors where they belong; NULL when nothing is known. */
struct type *infer_expr(struct checker *checker, const struct expr *expr, struct type *expected);
/* Adds a name. `scope` is the first one outside of what is being bound: in between, names differ.
 */
bool bind_name(struct checker *checker, const char *name, struct position at, struct type *type,
               const struct variable *scope);

/* Makes the type found at a place equal to the one expected there. */
bool require(struct checker *checker, struct position at, struct type *expected,
             struct type *found);

void report(struct checker *checker, struct position at, const char *message);

/* "expected WHAT, found TYPE" */
void report_found(struct checker *checker, struct position at, const char *what,
                  struct type *found);
void report_too_deep(struct checker *checker, struct position at);

#endif

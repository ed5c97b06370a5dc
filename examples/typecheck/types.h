/* Types, and what the checker does with them: build, unify, generalise, instantiate, show.
 *
 * A type variable carries a level: how many let bindings deep it was made. What is still free in a
 * binding's type and belongs to no level outside is generalised (Rémy's way: no search through the
 * environment). Types are graphs that share nodes, so every walk marks the nodes it has seen: trees
 * of them can be exponentially large. */
#ifndef TYPECHECK_TYPES_H
#define TYPECHECK_TYPES_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "ctrace/trace.h"

enum { TYPE_DEPTH_LIMIT = 1000, TYPE_TEXT_SIZE = 512, GENERIC_LEVEL = 1 << 30 };

enum type_kind {
    TYPE_VARIABLE,
    TYPE_INT,
    TYPE_BOOL,
    TYPE_LIST,    /* of its argument */
    TYPE_TUPLE,   /* of its arguments; none is unit */
    TYPE_FUNCTION /* parameter, result */
};

struct type {
    enum type_kind kind;
    int level;         /* of a variable; GENERIC_LEVEL: any type, another one at each use */
    unsigned id;       /* of a variable */
    struct type *link; /* the type that this one was found to be equal to, or NULL */
    unsigned visit;    /* the last walk that came here */
    struct type *copy; /* what that walk made of it */
    size_t count;
    struct type *arguments[];
};

/* The types of one file. */
struct types {
    struct arena *arena;
    unsigned variables; /* made so far */
    unsigned visits;    /* walks so far */
    int level;          /* let bindings around this place */
    struct type *left;  /* the pair at which the last unify() failed */
    struct type *right;
};

enum unify_result { UNIFY_OK, UNIFY_MISMATCH, UNIFY_INFINITE, UNIFY_TOO_DEEP };

struct type *type_variable(struct types *types);
struct type *type_new(struct types *types, enum type_kind kind, size_t count);
struct type *type_list(struct types *types, struct type *item);
struct type *type_function(struct types *types, struct type *parameter, struct type *result);

/* Follows the links to the type that stands for all of them. */
struct type *type_resolve(struct type *type);

/* Makes the two types equal by binding variables. After a failure some of them are bound. */
enum unify_result unify(struct types *types, struct type *left, struct type *right);

/* Makes every variable from a deeper level than the current one generic. False: nested too deeply.
 */
bool generalise(struct types *types, struct type *type);

/* A copy with fresh variables for the generic ones, sharing the rest. NULL: nested too deeply. */
struct type *instantiate(struct types *types, struct type *type);

/* The variables that one message has named so far: 'a, 'b, … */
struct type_names {
    bool generic_only; /* the others show their identity */
    size_t count;
    const struct type *variables[26];
};

/* Writes the type, cut to TYPE_TEXT_SIZE. Without names a variable shows its identity: 't12. */
void type_text(char text[TYPE_TEXT_SIZE], struct type *type, struct type_names *names);

/* The same for TRACE_LAZY: costs nothing unless somebody wants it. */
void type_lazy(ctrace_buf *out, const void *type); /* with identities, to follow a variable */
void type_scheme_lazy(ctrace_buf *out, const void *type); /* generic ones as 'a, 'b, … */

#endif

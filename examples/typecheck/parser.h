/* Tokens to definitions: recursive descent, one file for each part of the grammar. */
#ifndef TYPECHECK_PARSER_H
#define TYPECHECK_PARSER_H

#include "ast.h"
#include "lexer.h"

/* Parser and checker recurse; this keeps their stack small. */
enum { DEPTH_LIMIT = 1000 };

struct parser {
    struct source *source;
    struct lexer lexer;
    struct token token; /* the next one */
    size_t end;         /* offset behind the last token that was taken */
    unsigned depth;     /* of the recursion */
    bool failed;        /* an error was reported: what is parsed now is thrown away */
};

/* Parses a whole file. Syntax errors, one a definition, are reported to the source. */
struct group *parse_program(struct source *source, struct arena *arena);

/* What follows is shared by the parser's own files. The parse functions return NULL after an
 * error, which is reported by then. */
struct expr *parse_expr(struct parser *parser);
struct pattern *parse_pattern(struct parser *parser);
struct pattern *parse_pattern_atom(struct parser *parser);
bool starts_pattern_atom(const struct parser *parser);
struct group *parse_group(struct parser *parser);
struct expr *parse_function(struct parser *parser, struct position start, const char *separator);
struct expr *new_expr(struct parser *parser, enum expr_kind kind, struct position at);

/* Appends an operand, sets the parent's extent to all that was read, and returns the parent. */
struct expr *adopt(struct parser *parser, struct expr *parent, struct expr *operand);

bool next_is(const struct parser *parser, const char *text);
bool accept(struct parser *parser, const char *text);
bool expect(struct parser *parser, const char *text);
struct token advance(struct parser *parser);
struct position extent(const struct parser *parser, struct position start);

/* Reports what was found where `expected` should be. The first error wins. */
void syntax_error(struct parser *parser, const char *expected);

/* Counts one level of recursion; false, and an error, when there are too many. */
bool descend(struct parser *parser);
void ascend(struct parser *parser);

#endif

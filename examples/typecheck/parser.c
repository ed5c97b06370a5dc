#define TRACE_TARGET "typecheck::parse"
#include "ctrace/trace.h"

#include "parser.h"

#include <stdio.h>
#include <string.h>

struct token advance(struct parser *parser) {
    struct token token = parser->token;
    parser->end = token.at.offset + token.at.size;
    parser->token = lexer_next(&parser->lexer);
    return token;
}

bool next_is(const struct parser *parser, const char *text) {
    return parser->token.kind == TOKEN_FIXED && strcmp(parser->token.text, text) == 0;
}

bool accept(struct parser *parser, const char *text) {
    if (!next_is(parser, text)) {
        return false;
    }
    advance(parser);
    return true;
}

bool expect(struct parser *parser, const char *text) {
    if (accept(parser, text)) {
        return true;
    }
    char quoted[16];
    snprintf(quoted, sizeof(quoted), "'%s'", text);
    syntax_error(parser, quoted);
    return false;
}

/* From `start` to the last token taken. */
struct position extent(const struct parser *parser, struct position start) {
    start.size = parser->end - start.offset;
    return start;
}

static void fail(struct parser *parser, const char *message) {
    if (!parser->failed) {
        struct position at = parser->token.at;
        parser->failed = true;
        TRACE_ERROR("syntax error", ("line", at.line), ("column", at.column), ("why", message));
        source_error(parser->source, at, message);
    }
}

void syntax_error(struct parser *parser, const char *expected) {
    const struct token *found = &parser->token;
    char message[160];
    if (found->kind == TOKEN_BAD) {
        snprintf(message, sizeof(message), "%s", found->text);
    } else if (found->kind == TOKEN_END) {
        snprintf(message, sizeof(message), "expected %s, found %s", expected, found->text);
    } else {
        snprintf(message, sizeof(message), "expected %s, found '%.60s'", expected, found->text);
    }
    fail(parser, message);
}

bool descend(struct parser *parser) {
    if (parser->depth == DEPTH_LIMIT) {
        fail(parser, "this is nested too deeply (more than 1000 levels)");
        return false;
    }
    parser->depth++;
    return true;
}

void ascend(struct parser *parser) {
    parser->depth--;
}

struct expr *new_expr(struct parser *parser, enum expr_kind kind, struct position at) {
    struct expr *expr = arena_alloc(parser->lexer.arena, sizeof(*expr));
    expr->kind = kind;
    expr->at = extent(parser, at);
    return expr;
}

struct expr *adopt(struct parser *parser, struct expr *parent, struct expr *operand) {
    if (parent == NULL || operand == NULL) {
        return NULL;
    }
    *(parent->operands == NULL ? &parent->operands : &parent->last->next) = operand;
    parent->last = operand;
    parent->at = extent(parser, parent->at);
    /* 1 + 1 + 1 … nests without any recursion of the parser. */
    if (operand->depth >= parent->depth) {
        parent->depth = operand->depth + 1;
    }
    if (parent->depth > DEPTH_LIMIT) {
        fail(parser, "this is nested too deeply (more than 1000 levels)");
        return NULL;
    }
    return parent;
}

/* f x y = body means f = fun x -> fun y -> body. */
struct expr *parse_function(struct parser *parser, struct position start, const char *separator) {
    if (!starts_pattern_atom(parser)) {
        return expect(parser, separator) ? parse_expr(parser) : NULL;
    }
    struct pattern *parameter = descend(parser) ? parse_pattern_atom(parser) : NULL;
    if (parameter == NULL) {
        return NULL;
    }
    struct expr *body = parse_function(parser, parser->token.at, separator);
    ascend(parser);
    struct expr *lambda = adopt(parser, new_expr(parser, EXPR_LAMBDA, start), body);
    if (lambda != NULL) {
        lambda->patterns = parameter;
    }
    return lambda;
}

static struct binding *parse_binding(struct parser *parser) {
    if (parser->token.kind != TOKEN_NAME) {
        syntax_error(parser, "a name");
        return NULL;
    }
    struct binding *binding = arena_alloc(parser->lexer.arena, sizeof(*binding));
    binding->at = parser->token.at;
    binding->name = advance(parser).text;
    binding->body = parse_function(parser, parser->token.at, "=");
    return binding->body != NULL ? binding : NULL;
}

/* group = "let" ["rec"] binding {"and" binding} */
struct group *parse_group(struct parser *parser) {
    if (!accept(parser, "let")) {
        syntax_error(parser, "a definition");
        return NULL;
    }
    struct group *group = arena_alloc(parser->lexer.arena, sizeof(*group));
    group->recursive = accept(parser, "rec");
    struct binding **last = &group->bindings;
    do {
        *last = parse_binding(parser);
        if (*last == NULL) {
            return NULL;
        }
        last = &(*last)->next;
    } while (accept(parser, "and"));
    return group;
}

/* After an error the next definition is where a line begins with "let": inside an expression
 * nobody writes it there. */
static void recover(struct parser *parser) {
    while (parser->token.kind != TOKEN_END &&
           !(next_is(parser, "let") && parser->token.at.column == 1)) {
        advance(parser);
    }
    parser->failed = false;
    parser->depth = 0;
}

struct group *parse_program(struct source *source, struct arena *arena) {
    TRACE_SPAN_AT(CTRACE_LEVEL_DEBUG, "parse", ("bytes", source->size));
    struct parser parser = {.source = source};
    struct group *first = NULL;
    struct group **last = &first;
    lexer_init(&parser.lexer, source, arena);
    parser.token = lexer_next(&parser.lexer);
    while (parser.token.kind != TOKEN_END) {
        struct position start = parser.token.at;
        *last = parse_group(&parser);
        if (*last == NULL) {
            if (parser.token.at.offset == start.offset) {
                advance(&parser);
            }
            recover(&parser);
            continue;
        }
        TRACE_DEBUG("definition", ("name", (*last)->bindings->name), ("line", start.line));
        last = &(*last)->next;
    }
    return first;
}

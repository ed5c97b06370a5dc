#define TRACE_TARGET "typecheck::parse"
#include "ctrace/trace.h"

#include "parser.h"

#include <string.h>

static const struct operator_info operators[] = {
    {"||", LOGIC, 1, true},      {"&&", LOGIC, 2, true},       {"==", EQUALITY, 3, false},
    {"!=", EQUALITY, 3, false},  {"<", COMPARISON, 3, false},  {"<=", COMPARISON, 3, false},
    {">", COMPARISON, 3, false}, {">=", COMPARISON, 3, false}, {"::", CONS, 4, true},
    {"+", ARITHMETIC, 5, false}, {"-", ARITHMETIC, 5, false},  {"*", ARITHMETIC, 6, false},
    {"/", ARITHMETIC, 6, false}, {"%", ARITHMETIC, 6, false},
};

static const struct operator_info *next_operator(const struct parser *parser) {
    for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
        if (next_is(parser, operators[i].name)) {
            return &operators[i];
        }
    }
    return NULL;
}

/* Reads expression {"," expression} and the closing bracket. */
static struct expr *parse_items(struct parser *parser, struct expr *whole, const char *close) {
    while (!next_is(parser, close)) {
        if (adopt(parser, whole, parse_expr(parser)) == NULL) {
            return NULL;
        }
        if (!accept(parser, ",")) {
            break;
        }
    }
    if (!expect(parser, close)) {
        return NULL;
    }
    whole->at = extent(parser, whole->at);
    return whole;
}

/* (e) is e itself, with the parentheses in its extent. */
static struct expr *parse_parentheses(struct parser *parser, struct position start) {
    struct expr *tuple = parse_items(parser, new_expr(parser, EXPR_TUPLE, start), ")");
    if (tuple == NULL || tuple->operands == NULL || tuple->operands->next != NULL) {
        return tuple;
    }
    tuple->operands->at = tuple->at;
    return tuple->operands;
}

static bool starts_atom(const struct parser *parser) {
    return starts_pattern_atom(parser) && strcmp(parser->token.text, "_") != 0;
}

static struct expr *parse_atom(struct parser *parser) {
    struct position start = parser->token.at;
    if (!starts_atom(parser)) {
        syntax_error(parser, "an expression");
        return NULL;
    }
    if (accept(parser, "(")) {
        return parse_parentheses(parser, start);
    }
    if (accept(parser, "[")) {
        return parse_items(parser, new_expr(parser, EXPR_LIST, start), "]");
    }
    struct token token = advance(parser);
    enum expr_kind kind = token.kind == TOKEN_INTEGER ? EXPR_INTEGER
                          : token.kind == TOKEN_NAME  ? EXPR_NAME
                                                      : EXPR_BOOLEAN;
    struct expr *expr = new_expr(parser, kind, start);
    expr->name = token.text;
    return expr;
}

static struct expr *parse_application(struct parser *parser) {
    struct position start = parser->token.at;
    struct expr *function = parse_atom(parser);
    while (function != NULL && starts_atom(parser)) {
        struct expr *argument = parse_atom(parser);
        struct expr *application = new_expr(parser, EXPR_APPLICATION, start);
        application = adopt(parser, application, function);
        function = adopt(parser, application, argument);
    }
    return function;
}

static struct expr *new_binary(struct parser *parser, const struct operator_info *op,
                               struct expr *left, struct expr *right) {
    if (left == NULL || right == NULL) {
        return NULL;
    }
    struct expr *binary = new_expr(parser, EXPR_BINARY, left->at);
    binary->op = op;
    return adopt(parser, adopt(parser, binary, left), right);
}

/* -x means 0 - x. */
static struct expr *parse_negation(struct parser *parser) {
    if (!next_is(parser, "-")) {
        return parse_application(parser);
    }
    if (!descend(parser)) {
        return NULL;
    }
    const struct operator_info *minus = next_operator(parser);
    struct position start = advance(parser).at;
    struct expr *zero = new_expr(parser, EXPR_INTEGER, start);
    struct expr *negation = new_binary(parser, minus, zero, parse_negation(parser));
    ascend(parser);
    return negation;
}

static struct expr *parse_binary(struct parser *parser, int precedence);

static struct expr *parse_right(struct parser *parser, const struct operator_info *op) {
    if (!descend(parser)) {
        return NULL;
    }
    struct expr *right = parse_binary(parser, op->precedence + (op->right ? 0 : 1));
    ascend(parser);
    return right;
}

/* Precedence climbing: reads operators that bind at least as tightly as `precedence`. */
static struct expr *parse_binary(struct parser *parser, int precedence) {
    struct expr *left = parse_negation(parser);
    const struct operator_info *op = next_operator(parser);
    while (left != NULL && op != NULL && op->precedence >= precedence) {
        advance(parser);
        left = new_binary(parser, op, left, parse_right(parser, op));
        op = next_operator(parser);
    }
    return left;
}

static struct expr *parse_let(struct parser *parser) {
    struct position start = parser->token.at;
    struct group *group = parse_group(parser);
    if (group == NULL || !expect(parser, "in")) {
        return NULL;
    }
    struct expr *let = new_expr(parser, EXPR_LET, start);
    let->group = group;
    for (struct binding *binding = group->bindings; binding != NULL; binding = binding->next) {
        if (binding->body->depth > let->depth) {
            let->depth = binding->body->depth;
        }
    }
    return adopt(parser, let, parse_expr(parser));
}

/* lambda = "fun" pattern {pattern} "->" expression */
static struct expr *parse_lambda(struct parser *parser) {
    struct position start = advance(parser).at;
    if (!starts_pattern_atom(parser)) {
        syntax_error(parser, "a pattern");
        return NULL;
    }
    return parse_function(parser, start, "->");
}

static struct expr *parse_if(struct parser *parser) {
    static const char *const words[] = {"if", "then", "else"};
    struct expr *expr = new_expr(parser, EXPR_IF, parser->token.at);
    for (size_t i = 0; i < 3; i++) {
        if (!expect(parser, words[i]) || adopt(parser, expr, parse_expr(parser)) == NULL) {
            return NULL;
        }
    }
    return expr;
}

static struct expr *parse_match(struct parser *parser) {
    struct expr *match = new_expr(parser, EXPR_MATCH, advance(parser).at);
    if (adopt(parser, match, parse_expr(parser)) == NULL || !expect(parser, "with")) {
        return NULL;
    }
    struct pattern **last = &match->patterns;
    accept(parser, "|");
    do {
        *last = parse_pattern(parser);
        if (*last == NULL || !expect(parser, "->") ||
            adopt(parser, match, parse_expr(parser)) == NULL) {
            return NULL;
        }
        last = &(*last)->next;
    } while (accept(parser, "|"));
    return match;
}

static struct expr *parse_any(struct parser *parser) {
    return next_is(parser, "let")     ? parse_let(parser)
           : next_is(parser, "fun")   ? parse_lambda(parser)
           : next_is(parser, "if")    ? parse_if(parser)
           : next_is(parser, "match") ? parse_match(parser)
                                      : parse_binary(parser, 1);
}

struct expr *parse_expr(struct parser *parser) {
    if (!descend(parser)) {
        return NULL;
    }
    struct expr *expr = parse_any(parser);
    ascend(parser);
    return expr;
}

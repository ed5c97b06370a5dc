#define TRACE_TARGET "typecheck::parse"
#include "ctrace/trace.h"

#include "parser.h"

#include <string.h>

static struct pattern *new_pattern(struct parser *parser, enum pattern_kind kind,
                                   struct position at) {
    struct pattern *pattern = arena_alloc(parser->lexer.arena, sizeof(*pattern));
    pattern->kind = kind;
    pattern->at = extent(parser, at);
    return pattern;
}

bool starts_pattern_atom(const struct parser *parser) {
    return parser->token.kind == TOKEN_NAME || parser->token.kind == TOKEN_INTEGER ||
           next_is(parser, "true") || next_is(parser, "false") || next_is(parser, "(") ||
           next_is(parser, "[");
}

/* Reads pattern {"," pattern} and the closing bracket. */
static struct pattern *parse_items(struct parser *parser, struct pattern *whole,
                                   const char *close) {
    struct pattern **last = &whole->items;
    while (!next_is(parser, close)) {
        *last = parse_pattern(parser);
        if (*last == NULL) {
            return NULL;
        }
        last = &(*last)->next;
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

/* (p) is p itself, not a tuple of one. */
static struct pattern *parse_parentheses(struct parser *parser, struct position start) {
    struct pattern *tuple = new_pattern(parser, PATTERN_TUPLE, start);
    tuple = parse_items(parser, tuple, ")");
    bool single = tuple != NULL && tuple->items != NULL && tuple->items->next == NULL;
    return single ? tuple->items : tuple;
}

static struct pattern *parse_word(struct parser *parser) {
    struct token token = advance(parser);
    enum pattern_kind kind = token.kind == TOKEN_INTEGER    ? PATTERN_INTEGER
                             : token.kind == TOKEN_FIXED    ? PATTERN_BOOLEAN
                             : strcmp(token.text, "_") == 0 ? PATTERN_ANY
                                                            : PATTERN_NAME;
    struct pattern *pattern = new_pattern(parser, kind, token.at);
    pattern->name = token.text;
    return pattern;
}

struct pattern *parse_pattern_atom(struct parser *parser) {
    struct position start = parser->token.at;
    if (!starts_pattern_atom(parser)) {
        syntax_error(parser, "a pattern");
        return NULL;
    }
    if (accept(parser, "(")) {
        return parse_parentheses(parser, start);
    }
    if (accept(parser, "[")) {
        return parse_items(parser, new_pattern(parser, PATTERN_LIST, start), "]");
    }
    return parse_word(parser);
}

static struct pattern *parse_cons(struct parser *parser) {
    struct position start = parser->token.at;
    struct pattern *head = parse_pattern_atom(parser);
    if (head == NULL || !accept(parser, "::")) {
        return head;
    }
    struct pattern *tail = parse_pattern(parser);
    if (tail == NULL) {
        return NULL;
    }
    struct pattern *cons = new_pattern(parser, PATTERN_CONS, start);
    cons->items = head;
    head->next = tail;
    return cons;
}

/* pattern = atom ["::" pattern] */
struct pattern *parse_pattern(struct parser *parser) {
    if (!descend(parser)) {
        return NULL;
    }
    struct pattern *pattern = parse_cons(parser);
    ascend(parser);
    return pattern;
}

/* Source text to tokens. */
#ifndef TYPECHECK_LEXER_H
#define TYPECHECK_LEXER_H

#include "arena.h"
#include "source.h"

enum token_kind {
    TOKEN_END,
    TOKEN_BAD, /* `text` is the error message */
    TOKEN_INTEGER,
    TOKEN_NAME,
    TOKEN_FIXED /* a keyword or a symbol: its text says which */
};

struct token {
    enum token_kind kind;
    const char *text; /* NUL-terminated, lives as long as the arena */
    struct position at;
};

struct lexer {
    const struct source *source;
    struct arena *arena;
    struct position here; /* of the next byte */
};

void lexer_init(struct lexer *ret_lexer, const struct source *source, struct arena *arena);

struct token lexer_next(struct lexer *lexer);

#endif

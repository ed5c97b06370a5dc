#define TRACE_TARGET "typecheck::parse"
#include "ctrace/trace.h"

#include "lexer.h"

#include <string.h>

static const char *const keywords[] = {"let",  "rec",  "and",   "in",   "fun",  "if",
                                       "then", "else", "match", "with", "true", "false"};

/* Of two symbols that begin alike the longer stands first. */
static const char *const symbols[] = {
    "->", "::", "&&", "||", "==", "!=", "<=", ">=", "(", ")", "[",
    "]",  ",",  "=",  "|",  "<",  ">",  "+",  "-",  "*", "/", "%"};

void lexer_init(struct lexer *ret_lexer, const struct source *source, struct arena *arena) {
    *ret_lexer = (struct lexer){source, arena, {.line = 1, .column = 1}};
}

/* The byte `ahead` of here, or NUL behind the end. */
static char peek(const struct lexer *lexer, size_t ahead) {
    size_t left = lexer->source->size - lexer->here.offset;
    return ahead < left ? lexer->source->text[lexer->here.offset + ahead] : '\0';
}

static bool at_end(const struct lexer *lexer) {
    return lexer->here.offset == lexer->source->size;
}

static bool starts_with(const struct lexer *lexer, const char *text) {
    size_t size = strlen(text);
    return size <= lexer->source->size - lexer->here.offset &&
           memcmp(lexer->source->text + lexer->here.offset, text, size) == 0;
}

static void skip(struct lexer *lexer, size_t bytes) {
    for (; bytes > 0; bytes--) {
        unsigned char c = (unsigned char)peek(lexer, 0);
        lexer->here.offset++;
        if (c == '\n') {
            lexer->here.line++;
            lexer->here.column = 1;
        } else if ((c & 0xc0) != 0x80) { /* a character of UTF-8 counts once */
            lexer->here.column++;
        }
    }
}

/* Comments nest. Returns false when the comment here never ends. */
static bool skip_comment(struct lexer *lexer) {
    size_t open = 0;
    do {
        if (at_end(lexer)) {
            return false;
        }
        bool opens = starts_with(lexer, "(*");
        bool closes = starts_with(lexer, "*)");
        open = opens ? open + 1 : closes ? open - 1 : open;
        skip(lexer, opens || closes ? 2 : 1);
    } while (open > 0);
    return true;
}

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* A token from here on, `size` bytes long. A NULL `text` stands for those bytes. */
static struct token take(struct lexer *lexer, enum token_kind kind, size_t size, const char *text) {
    struct token token = {kind, text, lexer->here};
    token.at.size = size;
    if (text == NULL) {
        const char *bytes = lexer->source->text + lexer->here.offset;
        token.text = arena_text(lexer->arena, bytes, size);
    }
    skip(lexer, size);
    return token;
}

static struct token lex_name(struct lexer *lexer) {
    size_t size = 1;
    while (is_letter(peek(lexer, size)) || is_digit(peek(lexer, size)) ||
           peek(lexer, size) == '\'') {
        size++;
    }
    struct token token = take(lexer, TOKEN_NAME, size, NULL);
    for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
        if (strcmp(token.text, keywords[i]) == 0) {
            token.kind = TOKEN_FIXED;
        }
    }
    return token;
}

static struct token lex_integer(struct lexer *lexer) {
    size_t size = 1;
    while (is_digit(peek(lexer, size))) {
        size++;
    }
    if (is_letter(peek(lexer, size))) {
        return take(lexer, TOKEN_BAD, size + 1, "a name cannot begin with a digit");
    }
    return take(lexer, TOKEN_INTEGER, size, NULL);
}

/* A character literal is an integer: 'a' is 97. */
static struct token lex_character(struct lexer *lexer) {
    size_t size = peek(lexer, 1) == '\\' ? 4 : 3;
    unsigned char c = (unsigned char)peek(lexer, size - 2);
    if (c < 0x20 || c > 0x7e || peek(lexer, size - 1) != '\'' || (size == 3 && c == '\'')) {
        return take(lexer, TOKEN_BAD, 1, "expected one ASCII character between single quotes");
    }
    return take(lexer, TOKEN_INTEGER, size, NULL);
}

static struct token lex_symbol(struct lexer *lexer) {
    for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
        if (starts_with(lexer, symbols[i])) {
            return take(lexer, TOKEN_FIXED, strlen(symbols[i]), symbols[i]);
        }
    }
    return take(lexer, TOKEN_BAD, 1, "this character has no meaning here");
}

static struct token lex(struct lexer *lexer) {
    while (is_space(peek(lexer, 0)) || starts_with(lexer, "(*")) {
        struct position start = lexer->here;
        if (is_space(peek(lexer, 0))) {
            skip(lexer, 1);
        } else if (!skip_comment(lexer)) {
            start.size = 2;
            return (struct token){TOKEN_BAD, "this comment is never closed", start};
        }
    }
    if (at_end(lexer)) {
        return take(lexer, TOKEN_END, 0, "the end of the file");
    }
    char c = peek(lexer, 0);
    return is_letter(c)  ? lex_name(lexer)
           : is_digit(c) ? lex_integer(lexer)
           : c == '\''   ? lex_character(lexer)
                         : lex_symbol(lexer);
}

struct token lexer_next(struct lexer *lexer) {
    struct token token = lex(lexer);
    TRACE_TRACE("token", ("text", token.text), ("line", token.at.line),
                ("column", token.at.column));
    return token;
}

/* Counting words as wc -w of GNU coreutils 9.1 (Debian 12) does, by the locale of the program. */
#ifndef POOL_WORDS_H
#define POOL_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

/* A text that comes in pieces. Zero is the beginning. */
struct words {
    uint64_t count;
    bool inside;     /* a word */
    mbstate_t state; /* inside a character of several bytes */
};

/* Takes setlocale()'s choice. Call once, before the first text. */
void words_prepare(void);

/* More of the text. */
void words_feed(struct words *words, const char *bytes, size_t size);

/* The text is at its end. Returns how many words there are. */
uint64_t words_end(struct words *words);

#endif

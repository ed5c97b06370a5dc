/* A word is what lies between white space and has a character that can be printed. What cannot be
 * (control characters, in the C locale all bytes from 128 on, bytes that are no character of the
 * locale) neither makes a word nor ends one; coreutils count it as part of a word from 9.5 on. */
#include "words.h"

#include <ctype.h>
#include <stdlib.h>
#include <wctype.h>

enum kind { NOTHING, SPACE, PRINTED };

static enum kind kinds[256]; /* of bytes that are characters */
static bool multibyte;
static bool breaks_never; /* no-break spaces are printed characters */

void words_prepare(void) {
    multibyte = MB_CUR_MAX > 1;
    breaks_never = getenv("POSIXLY_CORRECT") != NULL;
    for (int byte = 0; byte < 256; byte++) {
        kinds[byte] = isspace(byte) ? SPACE : isprint(byte) ? PRINTED : NOTHING;
    }
}

static bool is_no_break_space(wchar_t character) {
    return character == 0xA0 || character == 0x2007 || character == 0x202F || character == 0x2060;
}

static enum kind kind_of(wchar_t character) {
    if (iswspace((wint_t)character) || (!breaks_never && is_no_break_space(character))) {
        return SPACE;
    }
    return iswprint((wint_t)character) ? PRINTED : NOTHING;
}

static void take(struct words *words, enum kind kind) {
    if (kind == PRINTED) {
        words->inside = true;
    } else if (kind == SPACE) {
        words->count += words->inside;
        words->inside = false;
    }
}

/* Returns how many bytes that were. */
static size_t take_multibyte(struct words *words, const char *bytes, size_t size) {
    wchar_t character;
    size_t used = mbrtowc(&character, bytes, size, &words->state);
    if (used == (size_t)-2) { /* the rest of the character is to come */
        return size;
    }
    if (used == (size_t)-1) {
        words->state = (mbstate_t){0};
        return 1;
    }
    take(words, kind_of(character));
    return used == 0 ? 1 : used; /* 0 is a NUL */
}

void words_feed(struct words *words, const char *bytes, size_t size) {
    for (size_t at = 0; at < size;) {
        unsigned char byte = (unsigned char)bytes[at];
        if (!multibyte || (byte < 128 && mbsinit(&words->state))) {
            take(words, kinds[byte]);
            at++;
        } else {
            at += take_multibyte(words, bytes + at, size - at);
        }
    }
}

uint64_t words_end(struct words *words) {
    take(words, SPACE);
    return words->count;
}

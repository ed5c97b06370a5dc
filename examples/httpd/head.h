/* The head of an HTTP message: its first line and its fields. */
#ifndef HTTPD_HEAD_H
#define HTTPD_HEAD_H

#include "stream.h"

enum { HEAD_BYTES = 16384, HEAD_FIELDS = 100 };

struct field {
    const char *name, *value;
};

struct head {
    size_t count;
    struct field fields[HEAD_FIELDS];
    char text[HEAD_BYTES]; /* what they point into; the first line is at its beginning */
};

enum { HEAD_NOTHING = -1 }; /* nothing came, and nobody waits for an answer */

/* Reads a head. Returns 0, HEAD_NOTHING, or the status to refuse it with: 400, 408, 431; then it
 * has no fields. */
int head_receive(struct head *ret_head, struct stream *from);

/* The value of the i-th field of that name, in whatever case; NULL when there are no more. */
const char *head_get(const struct head *head, const char *name, size_t i);

/* Whether the comma-separated lists that fields of that name have contain the word. */
bool head_lists(const struct head *head, const char *name, const char *word);

/* Whether it is a token, as methods and names of fields are. */
bool is_token(const char *text);

#endif

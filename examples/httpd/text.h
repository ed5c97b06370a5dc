/* The head of a message as it is written. */
#ifndef HTTPD_TEXT_H
#define HTTPD_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "head.h"

enum { TEXT_BYTES = 2 * HEAD_BYTES }; /* what came, and what is added to it */

struct text {
    size_t size;
    bool cut; /* something did not fit: it is not to be sent */
    char bytes[TEXT_BYTES];
};

void text_begin(struct text *ret_text);
void text_put(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "name: value" */
void text_put_field(struct text *text, const char *name, const char *value);

/* The fields of a head that are not about one connection only, nor about the body's framing. */
void text_put_fields(struct text *text, const struct head *head, bool (*keeps)(const char *name));

/* Ends the head and sends it; `more`: a body follows. False with errno. */
bool text_send(struct text *text, struct stream *to, bool more);

#endif

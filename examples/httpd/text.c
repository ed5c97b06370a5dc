#include "text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <strings.h>

void text_begin(struct text *ret_text) {
    ret_text->size = 0;
    ret_text->cut = false;
}

void text_put(struct text *text, const char *format, ...) {
    const size_t room = TEXT_BYTES - text->size;
    va_list arguments;
    va_start(arguments, format);
    const int size = vsnprintf(text->bytes + text->size, room, format, arguments);
    va_end(arguments);
    if (size < 0 || (size_t)size >= room) {
        text->cut = true;
    } else {
        text->size += (size_t)size;
    }
}

void text_put_field(struct text *text, const char *name, const char *value) {
    text_put(text, "%s: %s\r\n", name, value);
}

static bool is_between_neighbours(const char *name) {
    static const char *const names[] = {
        "connection", "keep-alive",        "proxy-connection", "te",
        "trailer",    "transfer-encoding", "upgrade",          "content-length",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcasecmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

void text_put_fields(struct text *text, const struct head *head, bool (*keeps)(const char *name)) {
    for (size_t i = 0; i < head->count; i++) {
        const struct field *field = &head->fields[i];
        if (!is_between_neighbours(field->name) && keeps(field->name) &&
            !head_lists(head, "connection", field->name)) {
            text_put_field(text, field->name, field->value);
        }
    }
}

bool text_send(struct text *text, struct stream *to, bool more) {
    text_put(text, "\r\n");
    if (text->cut) {
        errno = EMSGSIZE;
        return false;
    }
    return stream_write(to, text->bytes, text->size, more);
}

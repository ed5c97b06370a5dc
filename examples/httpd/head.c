#include "head.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

bool is_token(const char *text) {
    static const char allowed[] = "!#$%&'*+-.^_`|~0123456789"
                                  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    return *text != '\0' && text[strspn(text, allowed)] == '\0';
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

/* ---- Fields ---- */

/* No control character but the tab: so that nothing we pass on ends a line. */
static bool is_clean(const char *line, size_t size) {
    for (size_t i = 0; i < size; i++) {
        const unsigned char c = (unsigned char)line[i];
        if ((c < ' ' && c != '\t') || c == 0x7f) {
            return false;
        }
    }
    return true;
}

/* In place: "name:  value " becomes "name" and "value". */
static bool take_field(struct head *head, char *line, size_t size) {
    char *colon = memchr(line, ':', size);
    if (colon == NULL || head->count == HEAD_FIELDS) {
        return false;
    }
    *colon = '\0';
    char *value = colon + 1;
    char *end = line + size;
    while (is_blank(*value)) {
        value++;
    }
    while (end > value && is_blank(end[-1])) {
        end--;
    }
    *end = '\0';
    head->fields[head->count++] = (struct field){line, value};
    return is_token(line);
}

/* ---- Receiving ---- */

/* What to answer when the head could not be read, by errno. */
static int why_not(bool begun) {
    switch (errno) {
    case EMSGSIZE:
        return 431;
    case ETIMEDOUT:
        return begun ? 408 : HEAD_NOTHING;
    case ENODATA:
        return begun ? 400 : HEAD_NOTHING;
    default:
        return HEAD_NOTHING;
    }
}

/* Empty lines before the first one are passed over, some. */
static int receive_first_line(struct head *head, struct stream *from, size_t *ret_used) {
    for (int empty = 0; empty < 4; empty++) {
        const ssize_t size = stream_line(from, head->text, HEAD_BYTES);
        if (size < 0) {
            return why_not(!from->idle);
        }
        if (size > 0) {
            *ret_used = (size_t)size + 1;
            return is_clean(head->text, (size_t)size) ? 0 : 400;
        }
    }
    return 400;
}

static int receive_fields(struct head *head, struct stream *from, size_t used) {
    for (;;) {
        char *line = head->text + used;
        const ssize_t size = stream_line(from, line, HEAD_BYTES - used);
        if (size < 0) {
            return why_not(true);
        }
        if (size == 0) {
            return 0;
        }
        if (!is_clean(line, (size_t)size) || !take_field(head, line, (size_t)size)) {
            return head->count == HEAD_FIELDS ? 431 : 400;
        }
        used += (size_t)size + 1;
    }
}

int head_receive(struct head *ret_head, struct stream *from) {
    size_t used = 0;
    ret_head->count = 0;
    ret_head->text[0] = '\0';
    int status = receive_first_line(ret_head, from, &used);
    if (status == 0) {
        status = receive_fields(ret_head, from, used);
    }
    if (status != 0) {
        ret_head->count = 0;
    }
    return status;
}

/* ---- Looking up ---- */

const char *head_get(const struct head *head, const char *name, size_t i) {
    for (size_t at = 0; at < head->count; at++) {
        if (strcasecmp(head->fields[at].name, name) == 0 && i-- == 0) {
            return head->fields[at].value;
        }
    }
    return NULL;
}

static bool lists(const char *list, const char *word) {
    const size_t size = strlen(word);
    while (*list != '\0') {
        list += strspn(list, ", \t");
        const size_t length = strcspn(list, ", \t");
        if (length == size && strncasecmp(list, word, size) == 0) {
            return true;
        }
        list += length;
    }
    return false;
}

bool head_lists(const struct head *head, const char *name, const char *word) {
    const char *list;
    for (size_t i = 0; (list = head_get(head, name, i)) != NULL; i++) {
        if (lists(list, word)) {
            return true;
        }
    }
    return false;
}

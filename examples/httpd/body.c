#include "body.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const struct body body_none = {.framing = BODY_LENGTH, .over = true};

/* ---- Where it ends ---- */

/* Digits of that base and nothing else, few enough not to overflow. */
static bool read_size(const char *text, int base, uint64_t *ret_size) {
    const char *digits = base == 10 ? "0123456789" : "0123456789abcdefABCDEF";
    const size_t length = strspn(text, digits);
    if (length == 0 || length > 15 || text[length] != '\0') {
        return false;
    }
    *ret_size = strtoull(text, NULL, base);
    return true;
}

static int from_encoding(const struct head *head, const char *encoding, struct body *ret_body) {
    if (strcasecmp(encoding, "chunked") != 0) {
        return 501;
    }
    if (head_get(head, "transfer-encoding", 1) != NULL ||
        head_get(head, "content-length", 0) != NULL) {
        return 400; /* two readers might not agree where it ends */
    }
    *ret_body = (struct body){.framing = BODY_CHUNKED};
    return 0;
}

int body_from_head(const struct head *head, struct body otherwise, struct body *ret_body) {
    const char *encoding = head_get(head, "transfer-encoding", 0);
    if (encoding != NULL) {
        return from_encoding(head, encoding, ret_body);
    }
    const char *length = head_get(head, "content-length", 0);
    if (length == NULL) {
        *ret_body = otherwise;
        return 0;
    }
    struct body body = {.framing = BODY_LENGTH};
    if (!read_size(length, 10, &body.left) || head_get(head, "content-length", 1) != NULL) {
        return 400;
    }
    body.over = body.left == 0;
    *ret_body = body;
    return 0;
}

/* ---- Chunks ---- */

static bool malformed(void) {
    errno = EPROTO;
    return false;
}

static bool read_line(struct stream *from, char *line, size_t room) {
    if (stream_line(from, line, room) >= 0) {
        return true;
    }
    errno = errno == ENODATA || errno == EMSGSIZE ? EPROTO : errno;
    return false;
}

/* Fields after the last chunk are not passed on. */
static bool read_trailers(struct stream *from) {
    char line[1024];
    for (int count = 0; count < HEAD_FIELDS; count++) {
        if (!read_line(from, line, sizeof line)) {
            return false;
        }
        if (*line == '\0') {
            return true;
        }
    }
    return malformed();
}

static bool begin_chunk(struct body *body, struct stream *from) {
    char line[256];
    if (body->between && (!read_line(from, line, sizeof line) || *line != '\0')) {
        return malformed();
    }
    if (!read_line(from, line, sizeof line)) {
        return false;
    }
    line[strcspn(line, "; \t")] = '\0'; /* extensions mean nothing here */
    if (!read_size(line, 16, &body->left)) {
        return malformed();
    }
    body->between = true;
    body->over = body->left == 0;
    return !body->over || read_trailers(from);
}

/* ---- Passing it on ---- */

static ssize_t end_of_stream(struct body *body) {
    if (body->framing != BODY_UNTIL_CLOSE) {
        errno = EPROTO;
        return -1;
    }
    body->over = true;
    return 0;
}

ssize_t body_next(struct body *body, struct stream *from, const char **ret_bytes) {
    if (!body->over && body->framing == BODY_CHUNKED && body->left == 0 &&
        !begin_chunk(body, from)) {
        return -1;
    }
    if (body->over) {
        return 0;
    }
    if (from->begin == from->end) {
        const ssize_t got = stream_fill(from);
        if (got <= 0) {
            return got < 0 ? -1 : end_of_stream(body);
        }
    }
    size_t size = from->end - from->begin;
    *ret_bytes = from->bytes + from->begin;
    if (body->framing != BODY_UNTIL_CLOSE) {
        size = size < body->left ? size : (size_t)body->left;
        body->left -= size;
        body->over = body->left == 0 && body->framing == BODY_LENGTH;
    }
    from->begin += size;
    return (ssize_t)size;
}

static bool write_piece(struct stream *to, const char *bytes, size_t size, bool chunked) {
    char line[32];
    const int length = snprintf(line, sizeof line, "%zx\r\n", size);
    return (!chunked || stream_write(to, line, (size_t)length, true)) &&
           stream_write(to, bytes, size, chunked) &&
           (!chunked || stream_write(to, "\r\n", 2, false));
}

enum relayed body_relay(struct body *body, struct stream *from, struct stream *to, bool chunked,
                        uint64_t *size) {
    for (;;) {
        const char *bytes = NULL;
        stream_allow_time(from);
        const ssize_t got = body_next(body, from, &bytes);
        if (got < 0) {
            return RELAY_READ_FAILED;
        }
        if (got == 0) {
            break;
        }
        stream_allow_time(to);
        if (!write_piece(to, bytes, (size_t)got, chunked)) {
            return RELAY_WRITE_FAILED;
        }
        *size += (uint64_t)got;
    }
    return !chunked || stream_write(to, "0\r\n\r\n", 5, false) ? RELAYED : RELAY_WRITE_FAILED;
}

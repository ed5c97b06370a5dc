#include "request.h"

#include <string.h>
#include <strings.h>

/* ---- METHOD TARGET HTTP/1.1 ---- */

static bool is_visible(const char *text) {
    for (; *text != '\0'; text++) {
        if (*text <= ' ' || *text > '~') {
            return false;
        }
    }
    return true;
}

/* A path, or an address with one: its path. NULL when it is neither. */
static const char *path_of(const char *target) {
    if (strncasecmp(target, "http://", 7) == 0) {
        const char *path = target + 7 + strcspn(target + 7, "/?");
        return *path == '\0' ? "/" : *path == '/' ? path : NULL;
    }
    return *target == '/' ? target : NULL;
}

static int parse_version(const char *version, struct request *request) {
    if (strncmp(version, "HTTP/", 5) != 0 || strlen(version) != 8 || version[6] != '.' ||
        strspn(version + 5, "0123456789.") != 3) {
        return 400;
    }
    request->is_1_1 = version[7] != '0';
    return version[5] == '1' ? 0 : 505;
}

static int parse_first_line(char *line, struct request *request) {
    char *target = strchr(line, ' ');
    char *version = target == NULL ? NULL : strchr(target + 1, ' ');
    if (version == NULL) {
        return 400;
    }
    *target++ = *version++ = '\0';
    if (!is_token(line) || !is_visible(target)) {
        return 400;
    }
    request->method = line;
    request->is_get = strcmp(line, "GET") == 0;
    request->is_head = strcmp(line, "HEAD") == 0;
    const char *path = path_of(target);
    if (path == NULL) {
        return strcmp(line, "CONNECT") == 0 || strcmp(line, "OPTIONS") == 0 ? 501 : 400;
    }
    request->target = path;
    request->path_size = strcspn(path, "?#");
    return parse_version(version, request);
}

/* ---- Fields ---- */

static int parse_expectation(const struct head *head, struct request *request) {
    const char *expected = head_get(head, "expect", 0);
    if (expected == NULL || !request->is_1_1) {
        return 0;
    }
    request->waits = !request->body.over;
    return strcasecmp(expected, "100-continue") == 0 ? 0 : 417;
}

static int parse_fields(const struct head *head, struct request *request) {
    const char *host = head_get(head, "host", 0);
    if ((host == NULL && request->is_1_1) || head_get(head, "host", 1) != NULL) {
        return 400;
    }
    request->persistent = request->is_1_1 ? !head_lists(head, "connection", "close")
                                          : head_lists(head, "connection", "keep-alive");
    const int status = body_from_head(head, body_none, &request->body);
    if (status == 0 && request->body.framing == BODY_CHUNKED && !request->is_1_1) {
        return 400;
    }
    return status != 0 ? status : parse_expectation(head, request);
}

int request_parse(struct head *head, struct request *ret_request) {
    *ret_request = (struct request){.method = "", .target = "", .body = body_none};
    const int status = parse_first_line(head->text, ret_request);
    return status != 0 ? status : parse_fields(head, ret_request);
}

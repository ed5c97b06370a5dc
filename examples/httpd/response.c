#include "response.h"

#include <stdlib.h>
#include <string.h>

/* HTTP/1.1 200 Reason */
static bool parse_first_line(const char *line, struct response *response) {
    if (strncmp(line, "HTTP/1.", 7) != 0 || strspn(line + 7, "0123456789") != 1 || line[8] != ' ' ||
        strspn(line + 9, "0123456789") != 3 || (line[12] != ' ' && line[12] != '\0')) {
        return false;
    }
    response->status = atoi(line + 9);
    response->reason = line[12] == ' ' ? line + 13 : "";
    return response->status >= 100;
}

bool response_parse(struct head *head, bool to_head, struct response *ret_response) {
    static const struct body until_close = {.framing = BODY_UNTIL_CLOSE};
    struct response response = {0};
    if (!parse_first_line(head->text, &response) ||
        body_from_head(head, until_close, &response.body) != 0) {
        return false;
    }
    if (to_head || response.status < 200 || response.status == 204 || response.status == 304) {
        response.body = body_none;
    }
    response.persistent = head->text[7] != '0' && !head_lists(head, "connection", "close") &&
                          response.body.framing != BODY_UNTIL_CLOSE;
    *ret_response = response;
    return true;
}

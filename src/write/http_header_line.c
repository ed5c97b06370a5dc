#include "write/http_header_line.h"

#include <strings.h>

#include "write/http_date.h"
#include "write/http_headers.h"

size_t cti_http_hex(const char *text, uint64_t *ret_number) {
    static const char digits[] = "0123456789abcdefABCDEF";
    uint64_t number = 0;
    size_t count = strspn(text, digits);
    for (size_t i = 0; i < count; i++) {
        const size_t digit = (size_t)(strchr(digits, text[i]) - digits);
        number = number << 4 | (digit < 16 ? digit : digit - 6);
    }
    *ret_number = number;
    return count <= 15 ? count : 0;
}

/* Decimal digits and nothing else, no more of them than surely fit. */
static bool read_decimal(const char *text, uint64_t *ret_number) {
    uint64_t number = 0;
    const size_t count = strspn(text, "0123456789");
    if (count == 0 || count > 18 || text[count] != '\0') {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        number = number * 10 + (uint64_t)(text[i] - '0');
    }
    *ret_number = number;
    return true;
}

static const char *note_content_length(cti_http_response *response, const char *value) {
    uint64_t size = 0;
    if (!read_decimal(value, &size) || (response->has_size && size != response->left)) {
        return "the answer has a Content-Length that is none";
    }
    response->has_size = true;
    response->left = size;
    return NULL;
}

static const char *note_transfer_encoding(cti_http_response *response, const char *value) {
    if (strcasecmp(value, "chunked") != 0 || response->is_chunked) {
        return "the answer has an unknown Transfer-Encoding";
    }
    response->is_chunked = true;
    return NULL;
}

/* A list of tokens. */
static const char *note_connection(cti_http_response *response, const char *value) {
    while (*value != '\0') {
        const size_t size = strcspn(value, ", \t");
        if (size == 5 && strncasecmp(value, "close", 5) == 0) {
            response->keeps_alive = false;
        }
        value += size;
        value += strspn(value, ", \t");
    }
    return NULL;
}

/* One that cannot be read is as good as none. */
static const char *note_retry_after(cti_http_response *response, const char *value) {
    uint64_t seconds = 0;
    int64_t until = 0;
    if (read_decimal(value, &seconds)) {
        response->wait_s = (int64_t)seconds;
    } else if (cti_http_date_parse(value, &until) && until >= 0) {
        response->wait_until = until;
    }
    return NULL;
}

static const struct {
    const char *name;
    const char *(*note)(cti_http_response *response, const char *value);
} headers[] = {{"content-length", note_content_length},
               {"transfer-encoding", note_transfer_encoding},
               {"connection", note_connection},
               {"retry-after", note_retry_after}};

/* Cuts the space around the value. */
static char *value_behind(char *colon, char *end) {
    while (end > colon + 1 && (end[-1] == ' ' || end[-1] == '\t')) {
        *--end = '\0';
    }
    char *value = colon + 1;
    return value + strspn(value, " \t");
}

const char *cti_http_header_line(cti_http_response *response) {
    char *line = response->line;
    char *colon = memchr(line, ':', response->line_size);
    if (colon == NULL || !cti_http_is_token(line, (size_t)(colon - line))) {
        return "the answer has a header that is none"; /* also one that continues another */
    }
    *colon = '\0';
    const char *value = value_behind(colon, line + response->line_size);
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        if (strcasecmp(line, headers[i].name) == 0) {
            return headers[i].note(response, value);
        }
    }
    return NULL;
}

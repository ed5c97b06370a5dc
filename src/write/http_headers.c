#include "write/http_headers.h"

#include <strings.h>

#include "base/percent.h"
#include "core/status.h"
#include "write/http_url.h"

/* What the writer says itself, or what would change how its requests are read. */
static const char *const reserved[] = {
    "connection", "content-length",    "content-type", "expect",    "host",
    "te",         "transfer-encoding", "upgrade",      "user-agent"};

static bool is_reserved(cti_http_text name) {
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++) {
        if (strlen(reserved[i]) == name.size && strncasecmp(name.at, reserved[i], name.size) == 0) {
            return true;
        }
    }
    return false;
}

bool cti_http_is_token(const char *text, size_t size) {
    static const char letters[] = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz";
    for (size_t i = 0; i < size; i++) {
        if (memchr(letters, text[i], sizeof letters - 1) == NULL) {
            return false;
        }
    }
    return size != 0;
}

bool cti_http_is_header_value(const char *text, size_t size) {
    for (size_t i = 0; i < size; i++) {
        const unsigned char c = (unsigned char)text[i];
        if ((c < ' ' && c != '\t') || c == 0x7f) {
            return false;
        }
    }
    return true;
}

static bool is_space(char c) {
    return c == ' ' || c == '\t';
}

static cti_http_text trim(cti_http_text text) {
    while (text.size != 0 && is_space(*text.at)) {
        text.at++;
        text.size--;
    }
    while (text.size != 0 && is_space(text.at[text.size - 1])) {
        text.size--;
    }
    return text;
}

/* False where a percent sign is not followed by two digits. */
static bool decode(cti_http_text text, ctrace_buf *out) {
    for (size_t i = 0; i < text.size; i++) {
        char byte = text.at[i];
        if (byte == '%') {
            if (!cti_percent_get(text.at + i, text.size - i, &byte)) {
                return false;
            }
            i += CTI_PERCENT_SIZE - 1;
        }
        cti_buf_char(out, byte);
    }
    return true;
}

static ctrace_status refuse(cti_http_text name, const char *why) {
    return cti_fail(CTRACE_EINVAL, "header \"%.*s\": %s", (int)(name.size < 64 ? name.size : 64),
                    name.at, why);
}

static ctrace_status append(cti_http_text name, cti_http_text value, ctrace_buf *out) {
    if (!cti_http_is_token(name.at, name.size)) {
        return refuse(name, "that is no name for one");
    }
    if (is_reserved(name)) {
        return refuse(name, "the writer sets it itself");
    }
    cti_buf_put(out, name.at, name.size);
    cti_buf_literal(out, ": ");
    const size_t before = out->size;
    if (!decode(value, out)) {
        return refuse(name, "its value has a % without two digits behind it");
    }
    if (!out->failed && !cti_http_is_header_value(out->bytes + before, out->size - before)) {
        return refuse(name, "its value holds control characters");
    }
    cti_buf_literal(out, "\r\n");
    return CTRACE_OK;
}

static ctrace_status append_member(cti_http_text member, ctrace_buf *out) {
    member = trim(member);
    if (member.size == 0) {
        return CTRACE_OK;
    }
    const char *equals = memchr(member.at, '=', member.size);
    if (equals == NULL) {
        return cti_fail(CTRACE_EINVAL, "headers are to be written \"name=value,name=value\"");
    }
    const size_t size = (size_t)(equals - member.at);
    const cti_http_text value = {equals + 1, member.size - size - 1};
    return append(trim((cti_http_text){member.at, size}), trim(value), out);
}

ctrace_status cti_http_headers_parse(const char *list, ctrace_buf *out) {
    ctrace_status status = CTRACE_OK;
    while (status == CTRACE_OK && list != NULL && *list != '\0') {
        const cti_http_text member = {list, strcspn(list, ",")};
        status = append_member(member, out);
        list += member.size;
        list += *list == ',' ? 1 : 0;
    }
    return status;
}

#include "write/http_request.h"

#include "base/number.h"

static void put_text(ctrace_buf *out, cti_http_text text) {
    cti_buf_put(out, text.at, text.size);
}

static void put_string(ctrace_buf *out, const char *text) {
    cti_buf_put(out, text, strlen(text));
}

static void put_target(ctrace_buf *out, const cti_http_url *url, const char *path) {
    cti_http_text base = url->path;
    if (path != NULL && *path != '\0') {
        base.size -= base.size != 0 && base.at[base.size - 1] == '/' ? 1 : 0;
        put_text(out, base);
        put_string(out, path);
    } else if (base.size != 0) {
        put_text(out, base);
    } else {
        cti_buf_char(out, '/');
    }
    put_text(out, url->query);
}

void cti_http_request_head(ctrace_buf *out, const cti_http_url *url, const char *path,
                           const char *content_type, cti_http_text headers) {
    cti_buf_literal(out, "POST ");
    put_target(out, url, path);
    cti_buf_literal(out, " HTTP/1.1\r\nHost: ");
    put_text(out, url->authority);
    cti_buf_literal(out, "\r\nUser-Agent: libctrace/");
    put_string(out, ctrace_version());
    cti_buf_literal(out, "\r\nContent-Type: ");
    put_string(out, content_type);
    cti_buf_literal(out, "\r\n");
    put_text(out, headers);
}

size_t cti_http_request_head_end(char out[CTI_HTTP_HEAD_END_MAX], size_t body_size) {
    static const char name[] = "Content-Length: ";
    static const char end[] = "\r\n\r\n";
    size_t size = sizeof name - 1;
    memcpy(out, name, size);
    size += cti_u64_text(out + size, body_size);
    memcpy(out + size, end, sizeof end - 1);
    return size + sizeof end - 1;
}

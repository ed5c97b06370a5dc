/* The head of a POST. */
#ifndef CTI_WRITE_HTTP_REQUEST_H
#define CTI_WRITE_HTTP_REQUEST_H

#include "base/buf.h"
#include "write/http_url.h"

enum { CTI_HTTP_HEAD_END_MAX = 48 };

/* Appends a request line and headers, all but Content-Length.
 *
 * path     Appended to that of the URL; may be NULL.
 * headers  Lines of the user's, each with its end. */
void cti_http_request_head(ctrace_buf *out, const cti_http_url *url, const char *path,
                           const char *content_type, cti_http_text headers);

/* Writes what ends the head: Content-Length and an empty line. Returns the bytes written. */
size_t cti_http_request_head_end(char out[CTI_HTTP_HEAD_END_MAX], size_t body_size);

#endif

/* Headers that the user wants sent with every request. */
#ifndef CTI_WRITE_HTTP_HEADERS_H
#define CTI_WRITE_HTTP_HEADERS_H

#include "base/buf.h"

/* Appends "NAME: VALUE\r\n" for each member of "name=value,name=value", whose values are
 * percent-encoded (the form of OTEL_EXPORTER_OTLP_HEADERS). NULL is none.
 *
 * Errors: CTRACE_EINVAL, which ctrace_last_error() explains without repeating values: they may be
 *         secrets. A lack of memory shows in the buffer. */
ctrace_status cti_http_headers_parse(const char *list, ctrace_buf *out);

/* Whether the text may stand in a header's value: no control characters. */
bool cti_http_is_header_value(const char *text, size_t size);

/* Whether it is a token, as names of headers are. */
bool cti_http_is_token(const char *text, size_t size);

#endif

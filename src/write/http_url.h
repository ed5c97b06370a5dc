/* URLs of HTTP servers. */
#ifndef CTI_WRITE_HTTP_URL_H
#define CTI_WRITE_HTTP_URL_H

#include "ctrace/trace.h"

/* Bytes of somebody else's. */
typedef struct cti_http_text {
    const char *at;
    size_t size;
} cti_http_text;

typedef struct cti_http_url {
    char host[256];          /* a name or an address, without brackets */
    char port[6];            /* a number */
    cti_http_text authority; /* host and port as in the URL, for the Host header */
    cti_http_text path;      /* "" or begins with a slash */
    cti_http_text query;     /* "" or begins with a question mark */
} cti_http_url;

/* Takes "http://HOST[:PORT][/PATH][?QUERY]" apart.
 *
 * url      Must outlive *ret_url, which points into it.
 *
 * Errors:  CTRACE_EINVAL, CTRACE_ENOTSUP for https; ctrace_last_error() says more. */
ctrace_status cti_http_url_parse(const char *url, cti_http_url *ret_url);

#endif

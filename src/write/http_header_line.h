/* The headers of an answer that matter to us. */
#ifndef CTI_WRITE_HTTP_HEADER_LINE_H
#define CTI_WRITE_HTTP_HEADER_LINE_H

#include "write/http_response.h"

/* Notes in `response` what its line says. Returns what is wrong with it, or NULL. */
const char *cti_http_header_line(cti_http_response *response);

/* Reads hexadecimal digits; returns how many, 0 also when there are more than fit. */
size_t cti_http_hex(const char *text, uint64_t *ret_number);

#endif

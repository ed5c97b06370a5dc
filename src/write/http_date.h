/* Dates as HTTP writes them, in all three forms of RFC 9110. */
#ifndef CTI_WRITE_HTTP_DATE_H
#define CTI_WRITE_HTTP_DATE_H

#include <stdbool.h>
#include <stdint.h>

/* text     NUL-terminated, such as "Sun, 06 Nov 1994 08:49:37 GMT".
 * ret_s    Seconds since the Unix epoch. */
bool cti_http_date_parse(const char *text, int64_t *ret_s);

#endif

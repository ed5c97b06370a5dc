/* Percent-encoding (RFC 3986, section 2.1): "%" and two hexadecimal digits stand for a byte. What a
 * percent sign means that no digits follow is for who reads to say. */
#ifndef CTI_BASE_PERCENT_H
#define CTI_BASE_PERCENT_H

#include <stdbool.h>
#include <stddef.h>

enum { CTI_PERCENT_SIZE = 3 };

/* Reads what is encoded at the beginning of `size` bytes. False, and nothing set, when that is
 * nothing: the first is no percent sign, or two digits, in upper or lower case, do not follow. */
bool cti_percent_get(const char *text, size_t size, char *ret_byte);

#endif

/* UTF-8, as RFC 3629 has it: no surrogates, no overlong forms, nothing past U+10FFFF. */
#ifndef CTI_BASE_UTF8_H
#define CTI_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Decodes the character at the start of `bytes` (size > 0). Returns its length (1 to 4) and sets
 * *ret_point; for broken input returns how many bytes one U+FFFD stands for (the maximal subpart,
 * as Unicode 3.9 D93b recommends) and sets *ret_point to UINT32_MAX. */
size_t cti_utf8_decode(const char *bytes, size_t size, uint32_t *ret_point);

/* The largest cut <= limit that does not split a character of bytes[0..size). */
size_t cti_utf8_cut(const char *bytes, size_t size, size_t limit);

#endif

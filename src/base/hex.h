/* 64-bit words as 16 lower-case hexadecimal digits, as identities are written. */
#ifndef CTI_BASE_HEX_H
#define CTI_BASE_HEX_H

#include <stdbool.h>
#include <stdint.h>

enum { CTI_HEX_WORD = 16, CTI_HEX_BYTE = 2 };

/* Writes the digits, without a NUL. */
void cti_hex_put_word(char out[CTI_HEX_WORD], uint64_t word);
void cti_hex_put_byte(char out[CTI_HEX_BYTE], uint8_t byte);

/* Reads the digits. False, and nothing set, when one is no lower-case hexadecimal digit. */
bool cti_hex_get_word(const char in[CTI_HEX_WORD], uint64_t *ret_word);
bool cti_hex_get_byte(const char in[CTI_HEX_BYTE], uint8_t *ret_byte);

#endif

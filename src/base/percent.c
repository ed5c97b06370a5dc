#include "base/percent.h"

#include <stdint.h>

#include "base/hex.h"

static char lower(char c) {
    return c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c;
}

bool cti_percent_get(const char *text, size_t size, char *ret_byte) {
    uint8_t byte;
    if (size < CTI_PERCENT_SIZE || text[0] != '%') {
        return false;
    }
    const char digits[CTI_HEX_BYTE] = {lower(text[1]), lower(text[2])};
    if (!cti_hex_get_byte(digits, &byte)) {
        return false;
    }
    *ret_byte = (char)byte;
    return true;
}

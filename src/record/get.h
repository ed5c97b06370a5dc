/* Reading records: see record/format.h. Nothing that is read is trusted: every size is checked
 * against what is there. */
#ifndef CTI_RECORD_GET_H
#define CTI_RECORD_GET_H

#include <stdbool.h>

#include "ctrace/detail/types.h"
#include "record/format.h"
#include "record/word.h"

/* Where the next byte is, and where they end. */
typedef struct cti_get {
    const unsigned char *at;
    const unsigned char *end;
} cti_get;

typedef struct cti_record_head {
    size_t size;
    uint32_t kind; /* a cti_record_kind, or one that is not known */
    uint32_t subject;
    uint64_t time;
} cti_record_head;

/* Reads a header from `size` bytes; *ret_rest is what follows it in the record. False when it is
 * not whole, or its size cannot be. */
static inline bool cti_get_head(const unsigned char *bytes, size_t size, cti_record_head *ret_head,
                                cti_get *ret_rest) {
    if (size < CTI_RECORD_HEADER) {
        return false;
    }
    const uint32_t first = cti_word_get32(bytes);
    const size_t own = first & ((1u << CTI_RECORD_SIZE_BITS) - 1);
    if (own < CTI_RECORD_HEADER || own > size || own % CTI_RECORD_ALIGN != 0) {
        return false;
    }
    ret_head->size = own;
    ret_head->kind = first >> CTI_RECORD_SIZE_BITS;
    ret_head->subject = cti_word_get32(bytes + 4);
    ret_head->time = cti_word_get64(bytes + 8);
    ret_rest->at = bytes + CTI_RECORD_HEADER;
    ret_rest->end = bytes + own;
    return true;
}

/* Reads a word. False when it is not there. */
static inline bool cti_get_word(cti_get *get, uint64_t *ret_word) {
    if (get->end - get->at < 8) {
        return false;
    }
    *ret_word = cti_word_get64(get->at);
    get->at += 8;
    return true;
}

/* Reads a byte. False when it is not there. */
static inline bool cti_get_byte(cti_get *get, uint8_t *ret_byte) {
    if (get->at == get->end) {
        return false;
    }
    *ret_byte = *get->at++;
    return true;
}

/* Reads a value; its string is where it was read, and NUL-terminated. False when it is not whole or
 * not a value. */
bool cti_get_value(cti_get *get, ctrace_value *ret_value);

/* Reads a count and as many values. False when they are not whole, or more than
 * CTI_RECORD_VALUES. */
bool cti_get_values(cti_get *get, ctrace_value ret_values[CTI_RECORD_VALUES], uint32_t *ret_count);

#endif

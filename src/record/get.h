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
    uint64_t time; /* of a TIME: from which on times are counted */
} cti_record_head;

/* Reads a header from `size` bytes, and the word behind it; *ret_rest is what follows them in the
 * record. `base` is that of times. False when it is not whole, or its size cannot be. */
bool cti_get_head(const unsigned char *bytes, size_t size, uint64_t base, cti_record_head *ret_head,
                  cti_get *ret_rest);

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

/* Reads `count` values, CTI_RECORD_VALUES at most. False when they are not whole. */
bool cti_get_values(cti_get *get, ctrace_value *ret_values, uint32_t count);

#endif

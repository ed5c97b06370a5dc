/* Writing records into memory that is there: see record/format.h. Async-signal-safe. */
#ifndef CTI_RECORD_PUT_H
#define CTI_RECORD_PUT_H

#include <stdbool.h>

#include "ctrace/detail/types.h"
#include "record/format.h"
#include "record/word.h"

/* Where the next byte goes, and where there is no more room. */
typedef struct cti_put {
    unsigned char *begin; /* of the record */
    unsigned char *at;
    unsigned char *limit;
} cti_put;

/* Begins a record; the header is written at its end. There must be room for it. */
static inline void cti_put_begin(cti_put *put, unsigned char *at, size_t room) {
    put->begin = at;
    put->at = at + CTI_RECORD_HEADER;
    put->limit = at + room;
}

/* Appends a word. There must be room for it. */
static inline void cti_put_word(cti_put *put, uint64_t word) {
    cti_word_put64(put->at, word);
    put->at += 8;
}

/* Writes the header and returns the record's size. */
static inline size_t cti_put_end(cti_put *put, cti_record_kind kind, uint32_t subject,
                                 uint64_t time) {
    const size_t size = cti_record_padded((size_t)(put->at - put->begin));
    cti_word_put64(put->begin, (uint64_t)subject << 32 | (uint64_t)kind << CTI_RECORD_SIZE_BITS |
                                   (uint64_t)size);
    cti_word_put64(put->begin + 8, time);
    return size;
}

/* Room for the parts of `count` values, and their number, that do not depend on strings' sizes. */
static inline size_t cti_put_fixed(uint32_t count) {
    return 1 + (size_t)count * CTI_RECORD_VALUE_FIXED;
}

/* Appends one value; strings that the macros did not measure are measured. False when there is no
 * room, or it is LAZY: then nothing is appended. */
bool cti_put_value(cti_put *put, const ctrace_value *value);

/* Appends a count and as many values (255 at most). False when one cannot be appended; but there
 * must be room for cti_put_fixed(count) bytes. */
bool cti_put_values(cti_put *put, const ctrace_value *values, uint32_t count);

/* At least as many bytes as a record with those values needs, besides `fixed` ones. */
size_t cti_put_size(size_t fixed, const ctrace_value *values, uint32_t count);

#endif

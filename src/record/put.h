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
    uint32_t subject;
    bool is_long; /* the header has the long form */
} cti_put;

/* Begins a record of `least` bytes at least; the header is written at its end. There must be
 * room for `least` bytes, the header's included. */
static inline void cti_put_begin(cti_put *put, unsigned char *at, size_t room, size_t least,
                                 uint32_t subject) {
    put->is_long = least > CTI_RECORD_SHORT || subject >> CTI_RECORD_SUBJECT_BITS != 0;
    put->begin = at;
    put->at = at + (put->is_long ? CTI_RECORD_HEADER : CTI_RECORD_HEAD);
    put->limit = at + (put->is_long || room < CTI_RECORD_SHORT ? room : CTI_RECORD_SHORT);
    put->subject = subject;
}

/* Appends a word. There must be room for it. */
static inline void cti_put_word(cti_put *put, uint64_t word) {
    cti_word_put64(put->at, word);
    put->at += 8;
}

/* The header of a TIME from which on times have that base. */
static inline uint64_t cti_put_time(uint64_t base) {
    return (base >> CTI_RECORD_TIME_BITS << CTI_RECORD_SUBJECT_SHIFT &
            (((uint64_t)1 << CTI_RECORD_SUM_SHIFT) - 1)) |
           (CTI_RECORD_TIME_SIZE / CTI_RECORD_ALIGN) << CTI_RECORD_SIZE_SHIFT | CTI_RECORD_TIME;
}

/* A record's size, padded, in its place in the header. */
static inline uint64_t cti_put_size_bits(size_t size) {
    return (uint64_t)size << (CTI_RECORD_SIZE_SHIFT - CTI_RECORD_ALIGN_BITS);
}

/* Whether a header that is not in the long form can name the subject, and say a time so long after
 * the last TIME. */
static inline bool cti_put_is_short(uint32_t subject, uint64_t since) {
    _Static_assert(CTI_RECORD_SUBJECT_SHIFT + CTI_RECORD_SUBJECT_BITS == CTI_RECORD_TIME_BITS,
                   "one look is enough for both");
    return ((uint64_t)subject << CTI_RECORD_SUBJECT_SHIFT | since) >> CTI_RECORD_TIME_BITS == 0;
}

/* That header, without a size. */
static inline uint64_t cti_put_short_header(cti_record_kind kind, uint32_t subject,
                                            uint64_t since) {
    return since << CTI_RECORD_TIME_SHIFT | (uint64_t)subject << CTI_RECORD_SUBJECT_SHIFT |
           (uint64_t)kind;
}

/* A header that is not in the long form. */
static inline uint64_t cti_put_header(size_t size, cti_record_kind kind, uint32_t subject,
                                      uint64_t time) {
    const uint64_t low = time & (((uint64_t)1 << CTI_RECORD_TIME_BITS) - 1);
    return cti_put_short_header(kind, subject, low) | cti_put_size_bits(size);
}

/* Completes a record of `size` bytes, all but its header, which is returned. */
static inline uint64_t cti_put_complete(const cti_put *put, size_t size, cti_record_kind kind,
                                        uint64_t time) {
    if (CTRACE_I_UNLIKELY(put->is_long)) {
        cti_word_put64(put->begin + CTI_RECORD_HEAD, (uint64_t)put->subject << 32 | size);
        return cti_put_header(0, kind, 0, time);
    }
    return cti_put_header(size, kind, put->subject, time);
}

/* Writes the header and returns the record's size. */
static inline size_t cti_put_end(const cti_put *put, cti_record_kind kind, uint64_t time) {
    const size_t size = cti_record_padded((size_t)(put->at - put->begin));
    cti_word_put64(put->begin, cti_put_complete(put, size, kind, time));
    return size;
}

/* Room for the parts of `count` values that do not depend on strings' sizes. */
static inline size_t cti_put_fixed(uint32_t count) {
    return (size_t)count * CTI_RECORD_VALUE_FIXED;
}

/* Appends one value; strings that the macros did not measure are measured. False when there is no
 * room, or it is LAZY: then nothing is appended. */
bool cti_put_value(cti_put *put, const ctrace_value *value);

/* Appends values (255 at most). False when one cannot be appended; but there must be room for
 * cti_put_fixed(count) bytes. */
bool cti_put_values(cti_put *put, const ctrace_value *values, uint32_t count);

/* At least as many bytes as a record with those values needs, besides `fixed` ones. */
size_t cti_put_size(size_t fixed, const ctrace_value *values, uint32_t count);

#endif

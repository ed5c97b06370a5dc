/* Values as bytes (see record/format.h), without a call where that can be: for what happens often.
 */
#ifndef CTI_RECORD_VALUES_H
#define CTI_RECORD_VALUES_H

#include "base/inline.h"
#include "core/value.h"
#include "record/format.h"
#include "record/word.h"

/* ---- How many bytes a number needs ---- */

/* The number of the highest bit that is set, from 0; there must be one. */
static inline unsigned cti_highest_bit(uint64_t word) {
#if defined(__GNUC__)
    return 63u ^ (unsigned)__builtin_clzll(word);
#else
    unsigned bit = 0;
    while ((word >>= 1) != 0) {
        bit += 1;
    }
    return bit;
#endif
}

static inline unsigned cti_width_of(uint64_t word) {
    return cti_highest_bit(word | 1) / 8 + 1;
}

/* The same with a bit for the sign. */
static inline unsigned cti_signed_width_of(uint64_t word) {
    const uint64_t magnitude = word ^ (0 - (word >> 63));
    return cti_highest_bit(magnitude * 2 + 1) / 8 + 1;
}

/* ---- Values ---- */

/* These return where the next byte goes. */

static inline unsigned char *cti_value_head(unsigned char *at, uint32_t kind, unsigned width) {
    *at = (unsigned char)(kind | width << CTI_RECORD_VALUE_WIDTH_SHIFT);
    return at + 1;
}

/* The word is written whole, and what lies behind its width again by what comes next. */
static inline unsigned char *cti_value_number(unsigned char *at, uint32_t kind, uint64_t word,
                                              unsigned width) {
    at = cti_value_head(at, kind, width);
    cti_word_put64(at, word);
    return at + width;
}

/* memcpy() without the call for the few bytes that most strings have: the halves may overlap. */
static inline void cti_value_copy(unsigned char *to, const char *from, size_t size) {
    if (size - 4 <= 4) {
        memcpy(to, from, 4);
        memcpy(to + size - 4, from + size - 4, 4);
    } else if (size - 8 <= 8) {
        memcpy(to, from, 8);
        memcpy(to + size - 8, from + size - 8, 8);
    } else {
        memcpy(to, from, size);
    }
}

/* NULL when there is no room. */
static CTI_ALWAYS_INLINE unsigned char *cti_value_bytes(unsigned char *at,
                                                        const unsigned char *limit, uint32_t kind,
                                                        const char *bytes, size_t size) {
    if (CTRACE_I_UNLIKELY(bytes == NULL)) {
        return cti_value_head(at, kind, 0);
    }
    if (CTRACE_I_UNLIKELY((size_t)(limit - at) <= size)) {
        return NULL;
    }
    /* sizes that are short are part of the head */
    at = CTRACE_I_LIKELY(size <= CTI_RECORD_TEXT_SHORT)
             ? cti_value_head(at, kind, CTI_RECORD_TEXT_WIDTH + (unsigned)size)
             : cti_value_number(at, kind, size, cti_width_of(size));
    cti_value_copy(at, bytes, size);
    at[size] = '\0';
    return at + size + 1;
}

static inline size_t cti_value_text_size(const ctrace_value *text) {
    const bool known = text->size != CTRACE_I_UNMEASURED || text->as.string == NULL;
    return known ? text->size : ctrace_i_clamp_size(strlen(text->as.string));
}

/* There is room for all but a string's bytes and NUL, and for those up to `limit`. NULL when that
 * does not suffice, or it is LAZY. */
static CTI_ALWAYS_INLINE unsigned char *cti_value_put(unsigned char *at, const unsigned char *limit,
                                                      const ctrace_value *value) {
    const uint32_t kind = value->kind;
    const uint64_t word = value->as.u64;
    switch (kind) {
    case CTRACE_VALUE_I64:
    case CTRACE_VALUE_NS:
    case CTRACE_VALUE_ERRNO:
        return cti_value_number(at, kind, word, cti_signed_width_of(word));
    case CTRACE_VALUE_U64:
    case CTRACE_VALUE_HEX:
        return cti_value_number(at, kind, word, cti_width_of(word));
    case CTRACE_VALUE_F64:
        return cti_value_number(at, kind, word, 8);
    case CTRACE_VALUE_STRING:
        return cti_value_bytes(at, limit, kind, value->as.string, cti_value_text_size(value));
    case CTRACE_VALUE_BYTES:
        return cti_value_bytes(at, limit, kind, value->as.string, value->size);
    case CTRACE_VALUE_POINTER:
        return cti_value_number(at, kind, (uintptr_t)value->as.pointer,
                                cti_width_of((uintptr_t)value->as.pointer));
    case CTRACE_VALUE_BOOL:
        return cti_value_head(at, kind, value->as.boolean ? 1 : 0);
    case CTRACE_VALUE_LAZY:
        return NULL;
    default:
        return cti_value_head(at, CTRACE_VALUE_EMPTY, 0);
    }
}

/* Writes values, and returns where they end; NULL when one cannot be written. There must be room
 * for CTI_RECORD_VALUE_FIXED bytes a value. */
static CTI_ALWAYS_INLINE unsigned char *cti_values_put(unsigned char *at,
                                                       const unsigned char *limit,
                                                       const ctrace_value *values, uint32_t count) {
    limit -= (size_t)count * CTI_RECORD_VALUE_FIXED; /* what is kept for values still to come */
    for (; count != 0 && at != NULL; count--, values++) { /* without any, `values` may be NULL */
        at = cti_value_put(at, limit, values);
        limit += CTI_RECORD_VALUE_FIXED;
    }
    return at;
}

#endif

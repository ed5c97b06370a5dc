/* Values as bytes (see record/format.h), without a call where that can be: for what happens often.
 */
#ifndef CTI_RECORD_VALUES_H
#define CTI_RECORD_VALUES_H

#include "base/inline.h"
#include "base/short_string.h"
#include "core/span_common.h"
#include "core/value.h"
#include "record/format.h"
#include "record/sum.h"

_Static_assert((int)CTI_SHORT_STRING == (int)CTI_RECORD_TEXT_SHORT,
               "what is copied at once fits into a head");

/* ---- Values ---- */

/* These return where the next byte goes. Where a sum is given they take into it what they write
 * (see record/sum.h); else it is NULL, and no instruction is left of that. */

static CTI_ALWAYS_INLINE unsigned char *cti_value_head(unsigned char *at, uint32_t kind,
                                                       unsigned width, cti_sum *sum) {
    *at = (unsigned char)(kind | width << CTI_RECORD_VALUE_WIDTH_SHIFT);
    if (sum != NULL) {
        *sum = cti_sum_byte(*sum, kind | width << CTI_RECORD_VALUE_WIDTH_SHIFT);
    }
    return at + 1;
}

/* What surrounds a number that is there already. */
static CTI_ALWAYS_INLINE unsigned char *cti_value_about_number(unsigned char *at, uint32_t kind,
                                                               unsigned width, uint64_t word,
                                                               cti_sum *sum) {
    at = cti_value_head(at, kind, width, sum);
    if (sum != NULL) {
        *sum = cti_sum_number(*sum, word);
    }
    return at + width;
}

/* The word is written whole, and what lies behind its width again by what comes next. Two widths
 * are enough, and need no search for the highest bit: that takes longer than all the rest. */
static CTI_ALWAYS_INLINE unsigned char *cti_value_number(unsigned char *at, uint32_t kind,
                                                         uint64_t word, cti_sum *sum) {
    cti_word_put64(at + 1, word);
    if ((int64_t)word == (int32_t)word) {
        return cti_value_about_number(at, kind, 4, (uint32_t)word, sum);
    }
    return cti_value_about_number(at, kind, 8, word, sum);
}

/* The kinds whose word is written as it is. */
static inline bool cti_kind_is_number(uint32_t kind) {
    enum {
        NUMBERS = 1 << CTRACE_VALUE_I64 | 1 << CTRACE_VALUE_U64 | 1 << CTRACE_VALUE_F64 |
                  1 << CTRACE_VALUE_HEX | 1 << CTRACE_VALUE_NS | 1 << CTRACE_VALUE_ERRNO
    };
    return kind <= CTRACE_VALUE_ERRNO && ((uint32_t)NUMBERS >> kind & 1) != 0;
}

static CTI_ALWAYS_INLINE void cti_value_sum_text(const char *text, size_t size, cti_sum *sum) {
    if (sum != NULL) {
        *sum = cti_sum_short_text(*sum, text, size);
    }
}

/* A text whose size is part of the head. */
static CTI_ALWAYS_INLINE unsigned char *cti_value_short_text(unsigned char *at, uint32_t kind,
                                                             const char *text, size_t size,
                                                             cti_sum *sum) {
    at = cti_value_head(at, kind, CTI_RECORD_TEXT_WIDTH + (unsigned)size, sum);
    cti_short_copy(at, text, size);
    at[size] = '\0';
    cti_value_sum_text((const char *)at, size, sum);
    return at + size + 1;
}

/* The same of a string that is not measured. NULL when it is not short. */
static CTI_ALWAYS_INLINE unsigned char *cti_value_short_string(unsigned char *at,
                                                               const char *string, cti_sum *sum) {
#define CTI_CASE(size)                                                                     \
    if (string[size] == '\0') {                                                            \
        at = cti_value_head(at, CTRACE_VALUE_STRING, CTI_RECORD_TEXT_WIDTH + (size), sum); \
        memcpy(at, string, (size) + 1);                                                    \
        cti_value_sum_text(string, size, sum);                                             \
        return at + (size) + 1;                                                            \
    }
    CTI_SHORT_STRING_SIZES(CTI_CASE)
#undef CTI_CASE
    return NULL;
}

/* Any text: NULL when it is not short, or not there. */
static CTI_ALWAYS_INLINE unsigned char *
cti_value_usual_text(unsigned char *at, const ctrace_value *text, cti_sum *sum) {
    if (CTRACE_I_UNLIKELY(text->as.string == NULL)) {
        return NULL;
    }
    if (text->size == CTRACE_I_UNMEASURED) {
        return cti_value_short_string(at, text->as.string, sum);
    }
    return text->size <= CTI_RECORD_TEXT_SHORT
               ? cti_value_short_text(at, CTRACE_VALUE_STRING, text->as.string, text->size, sum)
               : NULL;
}

/* A value of the kinds that most are. NULL for another: cti_value_put() writes that. There must be
 * room for CTI_RECORD_VALUE_FIXED bytes. */
static CTI_ALWAYS_INLINE unsigned char *
cti_value_put_usual(unsigned char *at, const ctrace_value *value, cti_sum *sum) {
    const uint32_t kind = value->kind;
    if (CTRACE_I_LIKELY(kind - CTRACE_VALUE_I64 <= CTRACE_VALUE_F64 - CTRACE_VALUE_I64)) {
        return cti_value_number(at, kind, value->as.u64, sum);
    }
    return kind == CTRACE_VALUE_STRING ? cti_value_usual_text(at, value, sum) : NULL;
}

/* Writes values up to one that is not of those kinds, and returns where they end. *values is that
 * one, and *left how many there are from it on. */
static CTI_ALWAYS_INLINE unsigned char *
cti_values_put_usual(unsigned char *at, const ctrace_value **values, size_t *left, cti_sum *sum) {
    for (; *left != 0; *left -= 1, *values += 1) { /* without any, it may be NULL */
        unsigned char *behind = cti_value_put_usual(at, *values, sum);
        if (CTRACE_I_UNLIKELY(behind == NULL)) {
            break;
        }
        at = behind;
    }
    return at;
}

/* ---- Values of a new span: into the record, and into the span ---- */

static CTI_ALWAYS_INLINE unsigned char *
cti_value_keep_string(unsigned char *at, cti_common_copy *copy, const char *string, cti_sum *sum) {
#define CTI_CASE(size)                                                                     \
    if (string[size] == '\0') {                                                            \
        at = cti_value_head(at, CTRACE_VALUE_STRING, CTI_RECORD_TEXT_WIDTH + (size), sum); \
        memcpy(at, string, (size) + 1);                                                    \
        memcpy(copy->at, string, (size) + 1);                                              \
        cti_value_sum_text(string, size, sum);                                             \
        cti_common_put_text(copy, size);                                                   \
        return at + (size) + 1;                                                            \
    }
    CTI_SHORT_STRING_SIZES(CTI_CASE)
#undef CTI_CASE
    return NULL;
}

static CTI_ALWAYS_INLINE unsigned char *cti_value_keep_text(unsigned char *at,
                                                            cti_common_copy *copy,
                                                            const ctrace_value *text,
                                                            cti_sum *sum) {
    if (CTRACE_I_UNLIKELY(text->as.string == NULL || !cti_common_has_room(copy))) {
        return NULL;
    }
    if (text->size == CTRACE_I_UNMEASURED) {
        return cti_value_keep_string(at, copy, text->as.string, sum);
    }
    if (text->size > CTI_RECORD_TEXT_SHORT) {
        return NULL;
    }
    cti_short_copy(copy->at, text->as.string, text->size);
    copy->at[text->size] = '\0';
    cti_common_put_text(copy, text->size);
    return cti_value_short_text(at, CTRACE_VALUE_STRING, text->as.string, text->size, sum);
}

/* As cti_value_put_usual(). */
static CTI_ALWAYS_INLINE unsigned char *cti_value_keep_usual(unsigned char *at,
                                                             cti_common_copy *copy,
                                                             const ctrace_value *value,
                                                             cti_sum *sum) {
    const uint32_t kind = value->kind;
    if (CTRACE_I_LIKELY(kind - CTRACE_VALUE_I64 <= CTRACE_VALUE_F64 - CTRACE_VALUE_I64)) {
        cti_common_put(copy, kind, value->as.u64);
        return cti_value_number(at, kind, value->as.u64, sum);
    }
    return kind == CTRACE_VALUE_STRING ? cti_value_keep_text(at, copy, value, sum) : NULL;
}

/* As cti_values_put_usual(). */
static CTI_ALWAYS_INLINE unsigned char *cti_values_keep_usual(unsigned char *at,
                                                              cti_common_copy *copy,
                                                              const ctrace_value **values,
                                                              size_t *left, cti_sum *sum) {
    for (; *left != 0; *left -= 1, *values += 1) {
        unsigned char *behind = cti_value_keep_usual(at, copy, *values, sum);
        if (CTRACE_I_UNLIKELY(behind == NULL)) {
            break;
        }
        at = behind;
    }
    return at;
}

/* Any values of a new span. NULL when one does not fit into it, or into the record; what the macros
 * gave is unchanged then. There must be room for CTI_RECORD_VALUE_FIXED bytes a value in the
 * record. */
unsigned char *cti_values_keep(unsigned char *at, const unsigned char *limit, cti_common_copy *copy,
                               const ctrace_value *values, size_t count);

/* ---- Any values ---- */

/* Any value. There must be room for CTI_RECORD_VALUE_FIXED bytes, and is for those of a longer text
 * up to `limit`. NULL when that does not suffice, or it is LAZY. */
unsigned char *cti_value_put(unsigned char *at, const unsigned char *limit,
                             const ctrace_value *value);

/* Writes values, and returns where they end; NULL when one cannot be written. There must be room
 * for CTI_RECORD_VALUE_FIXED bytes a value. */
unsigned char *cti_values_put(unsigned char *at, const unsigned char *limit,
                              const ctrace_value *values, size_t count);

#endif

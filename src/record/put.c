#include "record/put.h"

#include "core/value.h"

/* ---- How many bytes a number needs ---- */

#if defined(__GNUC__)
static inline unsigned leading_zeros(uint64_t word) {
    return (unsigned)__builtin_clzll(word);
}
#else
static inline unsigned leading_zeros(uint64_t word) {
    unsigned zeros = 0;
    for (; (word >> 63) == 0; word <<= 1) {
        zeros += 1;
    }
    return zeros;
}
#endif

static inline unsigned width_of(uint64_t word) {
    return (71 - leading_zeros(word | 1)) >> 3;
}

/* The same with a bit for the sign. */
static inline unsigned signed_width_of(uint64_t word) {
    const uint64_t magnitude = (word >> 63) != 0 ? ~word : word;
    return (72 - leading_zeros(magnitude | 1)) >> 3;
}

/* ---- Values ---- */

static inline void put_head(cti_put *put, uint32_t kind, unsigned width) {
    *put->at++ = (unsigned char)(kind | width << CTI_RECORD_VALUE_WIDTH_SHIFT);
}

/* The word is written whole, and what lies behind its width again by what comes next. */
static inline void put_number(cti_put *put, uint32_t kind, uint64_t word, unsigned width) {
    put_head(put, kind, width);
    cti_word_put64(put->at, word);
    put->at += width;
}

/* memcpy() without the call for the few bytes that most strings have: the halves may overlap. */
static inline void copy_bytes(unsigned char *to, const char *from, size_t size) {
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

/* Sizes that are short are part of the head. */
static inline void put_text_head(cti_put *put, uint32_t kind, size_t size) {
    if (CTRACE_I_LIKELY(size <= CTI_RECORD_TEXT_SHORT)) {
        put_head(put, kind, CTI_RECORD_TEXT_WIDTH + (unsigned)size);
    } else {
        put_number(put, kind, size, width_of(size));
    }
}

/* `kept` bytes at the end are for others. */
static inline bool put_bytes(cti_put *put, uint32_t kind, const char *bytes, size_t size,
                             size_t kept) {
    if (bytes == NULL) {
        put_head(put, kind, 0);
        return true;
    }
    const size_t room = (size_t)(put->limit - put->at);
    if (CTRACE_I_UNLIKELY(room < kept + CTI_RECORD_VALUE_FIXED ||
                          room - kept - CTI_RECORD_VALUE_FIXED < size + 1)) {
        return false;
    }
    put_text_head(put, kind, size);
    copy_bytes(put->at, bytes, size);
    put->at[size] = '\0';
    put->at += size + 1;
    return true;
}

/* There is room for all but a string's bytes. */
static inline bool put_value(cti_put *put, const ctrace_value *value, size_t kept) {
    const uint64_t word = value->as.u64;
    switch (value->kind) {
    case CTRACE_VALUE_I64:
    case CTRACE_VALUE_NS:
    case CTRACE_VALUE_ERRNO:
        put_number(put, value->kind, word, signed_width_of(word));
        return true;
    case CTRACE_VALUE_U64:
    case CTRACE_VALUE_HEX:
        put_number(put, value->kind, word, width_of(word));
        return true;
    case CTRACE_VALUE_F64:
        put_number(put, value->kind, word, 8);
        return true;
    case CTRACE_VALUE_STRING: {
        const char *string = value->as.string;
        const bool known = value->size != CTRACE_I_UNMEASURED || string == NULL;
        const uint32_t size = known ? value->size : ctrace_i_clamp_size(strlen(string));
        return put_bytes(put, CTRACE_VALUE_STRING, string, size, kept);
    }
    case CTRACE_VALUE_BYTES:
        return put_bytes(put, CTRACE_VALUE_BYTES, value->as.string, value->size, kept);
    case CTRACE_VALUE_POINTER: {
        const uint64_t address = (uintptr_t)value->as.pointer;
        put_number(put, value->kind, address, width_of(address));
        return true;
    }
    case CTRACE_VALUE_BOOL:
        put_head(put, value->kind, value->as.boolean ? 1 : 0);
        return true;
    case CTRACE_VALUE_LAZY:
        return false;
    default:
        put_head(put, CTRACE_VALUE_EMPTY, 0);
        return true;
    }
}

bool cti_put_value(cti_put *put, const ctrace_value *value) {
    return (size_t)(put->limit - put->at) >= CTI_RECORD_VALUE_FIXED && put_value(put, value, 0);
}

bool cti_put_values(cti_put *put, const ctrace_value *values, uint32_t count) {
    cti_put own = *put; /* in registers: what is written may not be anything that is read */
    size_t kept = (size_t)count * CTI_RECORD_VALUE_FIXED;
    for (; kept != 0; values++) { /* without any, `values` may be NULL */
        kept -= CTI_RECORD_VALUE_FIXED;
        if (CTRACE_I_UNLIKELY(!put_value(&own, values, kept))) {
            return false;
        }
    }
    put->at = own.at;
    return true;
}

size_t cti_put_size(size_t fixed, const ctrace_value *values, uint32_t count) {
    size_t size = fixed + cti_put_fixed(count) + CTI_RECORD_ALIGN;
    for (uint32_t i = 0; i < count; i++) {
        ctrace_value value = values[i];
        cti_value_measure(&value);
        size += cti_value_has_bytes(&value) ? (size_t)value.size + 1 : 0;
    }
    return size;
}

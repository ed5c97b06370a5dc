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
static inline bool put_number(cti_put *put, uint32_t kind, uint64_t word, unsigned width) {
    if ((size_t)(put->limit - put->at) < CTI_RECORD_VALUE_FIXED) {
        return false;
    }
    put_head(put, kind, width);
    cti_word_put64(put->at, word);
    put->at += width;
    return true;
}

/* A value that is all in its first byte. */
static inline bool put_bare(cti_put *put, uint32_t kind, unsigned width) {
    if (put->limit == put->at) {
        return false;
    }
    put_head(put, kind, width);
    return true;
}

static bool put_bytes(cti_put *put, const ctrace_value *given) {
    ctrace_value value = *given;
    cti_value_measure(&value);
    if (value.as.pointer == NULL) {
        return put_bare(put, value.kind, 0);
    }
    const size_t size = value.size;
    if ((size_t)(put->limit - put->at) < size + CTI_RECORD_VALUE_FIXED + 1) {
        return false;
    }
    put_number(put, value.kind, size, width_of(size));
    memcpy(put->at, value.as.pointer, size);
    put->at[size] = '\0';
    put->at += size + 1;
    return true;
}

bool cti_put_value(cti_put *put, const ctrace_value *value) {
    switch (value->kind) {
    case CTRACE_VALUE_I64:
    case CTRACE_VALUE_NS:
    case CTRACE_VALUE_ERRNO:
        return put_number(put, value->kind, value->as.u64, signed_width_of(value->as.u64));
    case CTRACE_VALUE_U64:
    case CTRACE_VALUE_HEX:
        return put_number(put, value->kind, value->as.u64, width_of(value->as.u64));
    case CTRACE_VALUE_F64:
        return put_number(put, value->kind, value->as.u64, 8);
    case CTRACE_VALUE_POINTER: {
        const uint64_t address = (uintptr_t)value->as.pointer;
        return put_number(put, value->kind, address, width_of(address));
    }
    case CTRACE_VALUE_STRING:
    case CTRACE_VALUE_BYTES:
        return put_bytes(put, value);
    case CTRACE_VALUE_BOOL:
        return put_bare(put, value->kind, value->as.boolean ? 1 : 0);
    case CTRACE_VALUE_LAZY:
        return false;
    default:
        return put_bare(put, CTRACE_VALUE_EMPTY, 0);
    }
}

bool cti_put_values(cti_put *put, const ctrace_value *values, uint32_t count) {
    if (put->limit == put->at) {
        return false;
    }
    *put->at++ = (unsigned char)count;
    for (uint32_t i = 0; i < count; i++) {
        if (!cti_put_value(put, &values[i])) {
            return false;
        }
    }
    return true;
}

size_t cti_put_size(size_t fixed, const ctrace_value *values, uint32_t count) {
    size_t size = fixed + 1 + (size_t)count * (CTI_RECORD_VALUE_FIXED + 1) + CTI_RECORD_ALIGN;
    for (uint32_t i = 0; i < count; i++) {
        ctrace_value value = values[i];
        cti_value_measure(&value);
        size += cti_value_has_bytes(&value) ? value.size : 0;
    }
    return size;
}

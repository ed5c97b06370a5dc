#include "record/get.h"

/* ---- Numbers ---- */

static uint64_t narrow_word(const unsigned char *at, unsigned width) {
    uint64_t word = 0;
    for (unsigned i = 0; i < width; i++) {
        word |= (uint64_t)at[i] << (8 * i);
    }
    return word;
}

/* A word of `width` bytes, 1 to 8, and the bytes above it cleared. */
static bool get_number(cti_get *get, unsigned width, uint64_t *ret_word) {
    const size_t left = (size_t)(get->end - get->at);
    if (width < 1 || width > 8 || left < width) {
        return false;
    }
    *ret_word = left < 8 ? narrow_word(get->at, width)
                         : cti_word_get64(get->at) & (UINT64_MAX >> (64 - 8 * width));
    get->at += width;
    return true;
}

static uint64_t extend_sign(uint64_t word, unsigned width) {
    const uint64_t sign = (uint64_t)1 << (8 * width - 1);
    return (word ^ sign) - sign;
}

/* ---- Values ---- */

static bool get_integer(cti_get *get, unsigned width, bool is_signed, ctrace_value *ret_value) {
    uint64_t word;
    if (!get_number(get, width, &word)) {
        return false;
    }
    ret_value->as.u64 = is_signed ? extend_sign(word, width) : word;
    return true;
}

static bool get_pointer(cti_get *get, unsigned width, ctrace_value *ret_value) {
    uint64_t word;
    if (!get_number(get, width, &word)) {
        return false;
    }
    ret_value->as.pointer = (const void *)(uintptr_t)word;
    return true;
}

static bool get_bytes(cti_get *get, unsigned width, ctrace_value *ret_value) {
    uint64_t size;
    if (width == 0) {
        ret_value->as.pointer = NULL;
        return true;
    }
    if (width > 4 || !get_number(get, width, &size)) {
        return false;
    }
    if (size >= (uint64_t)(get->end - get->at) || get->at[size] != '\0') {
        return false;
    }
    ret_value->as.pointer = get->at;
    ret_value->size = (uint32_t)size;
    get->at += (size_t)size + 1;
    return true;
}

bool cti_get_value(cti_get *get, ctrace_value *ret_value) {
    uint8_t first;
    if (!cti_get_byte(get, &first)) {
        return false;
    }
    const unsigned width = first >> CTI_RECORD_VALUE_WIDTH_SHIFT;
    ctrace_value value;
    value.as.u64 = 0;
    value.size = 0;
    value.kind = first & CTI_RECORD_VALUE_KIND;
    bool whole = false;
    switch (value.kind) {
    case CTRACE_VALUE_EMPTY:
        whole = width == 0;
        break;
    case CTRACE_VALUE_BOOL:
        value.as.boolean = width == 1;
        whole = width <= 1;
        break;
    case CTRACE_VALUE_I64:
    case CTRACE_VALUE_NS:
    case CTRACE_VALUE_ERRNO:
        whole = get_integer(get, width, true, &value);
        break;
    case CTRACE_VALUE_U64:
    case CTRACE_VALUE_HEX:
        whole = get_integer(get, width, false, &value);
        break;
    case CTRACE_VALUE_F64:
        whole = width == 8 && get_integer(get, width, false, &value);
        break;
    case CTRACE_VALUE_POINTER:
        whole = get_pointer(get, width, &value);
        break;
    case CTRACE_VALUE_STRING:
    case CTRACE_VALUE_BYTES:
        whole = get_bytes(get, width, &value);
        break;
    default:
        break;
    }
    if (whole) {
        *ret_value = value;
    }
    return whole;
}

bool cti_get_values(cti_get *get, ctrace_value ret_values[CTI_RECORD_VALUES], uint32_t *ret_count) {
    uint8_t count;
    if (!cti_get_byte(get, &count) || count > CTI_RECORD_VALUES) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!cti_get_value(get, &ret_values[i])) {
            return false;
        }
    }
    *ret_count = count;
    return true;
}

#include "record/get.h"

#include "record/values.h"

/* ---- Headers ---- */

static uint32_t bits(uint64_t header, unsigned shift, unsigned count) {
    return (uint32_t)(header >> shift) & ((1u << count) - 1);
}

/* The size and subject of a header of which there are `size` bytes. */
static bool get_subject(const unsigned char *bytes, size_t size, uint64_t header,
                        cti_record_head *ret_head, size_t *ret_taken) {
    const uint32_t words = bits(header, CTI_RECORD_SIZE_SHIFT, CTI_RECORD_SIZE_BITS);
    *ret_taken = words != 0 ? CTI_RECORD_HEAD : CTI_RECORD_HEADER;
    if (size < *ret_taken) {
        return false;
    }
    ret_head->size = (size_t)words * CTI_RECORD_ALIGN;
    ret_head->subject = bits(header, CTI_RECORD_SUBJECT_SHIFT, CTI_RECORD_SUBJECT_BITS);
    if (words == 0) {
        ret_head->size = cti_word_get32(bytes + CTI_RECORD_HEAD);
        ret_head->subject = cti_word_get32(bytes + CTI_RECORD_HEAD + 4);
    }
    return ret_head->size >= *ret_taken && ret_head->size <= size &&
           ret_head->size % CTI_RECORD_ALIGN == 0;
}

static uint64_t time_of(uint64_t header, uint32_t kind, uint64_t base) {
    const uint64_t known = header & (((uint64_t)1 << CTI_RECORD_SUM_SHIFT) - 1);
    return kind == CTI_RECORD_TIME ? known >> CTI_RECORD_SUBJECT_SHIFT << CTI_RECORD_TIME_BITS
                                   : base | known >> CTI_RECORD_TIME_SHIFT;
}

bool cti_get_head(const unsigned char *bytes, size_t size, uint64_t base, cti_record_head *ret_head,
                  cti_get *ret_rest) {
    size_t taken;
    if (size < CTI_RECORD_HEAD) {
        return false;
    }
    const uint64_t header = cti_word_get64(bytes);
    ret_head->kind = bits(header, 0, CTI_RECORD_KIND_BITS);
    if (!get_subject(bytes, size, header, ret_head, &taken)) {
        return false;
    }
    ret_head->time = time_of(header, ret_head->kind, base);
    ret_rest->at = bytes + taken;
    ret_rest->end = bytes + ret_head->size;
    return true;
}

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

static bool get_signed(cti_get *get, unsigned width, uint64_t *ret_word) {
    uint64_t word;
    if (!get_number(get, width, &word)) {
        return false;
    }
    *ret_word = extend_sign(word, width);
    return true;
}

static bool get_pointer(cti_get *get, unsigned width, ctrace_value *ret_value) {
    uint64_t word;
    if (!get_signed(get, width, &word)) {
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
    if (width >= CTI_RECORD_TEXT_WIDTH) {
        size = width - CTI_RECORD_TEXT_WIDTH;
    } else if (!get_number(get, width, &size)) {
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
    case CTRACE_VALUE_POINTER:
        whole = get_pointer(get, width, &value);
        break;
    case CTRACE_VALUE_STRING:
    case CTRACE_VALUE_BYTES:
        whole = get_bytes(get, width, &value);
        break;
    default:
        whole = cti_kind_is_number(value.kind) && get_signed(get, width, &value.as.u64);
        break;
    }
    if (whole) {
        *ret_value = value;
    }
    return whole;
}

enum { WIDEST = 1 + 8 }; /* most bytes of a number with its head */

/* A short text: `left` bytes are there from its first one on. */
static inline size_t get_short_text(const unsigned char *at, size_t left, unsigned width,
                                    ctrace_value *ret_value) {
    const size_t size = (size_t)width - CTI_RECORD_TEXT_WIDTH;
    if (left < size + 2 || at[1 + size] != '\0') {
        return 0;
    }
    ret_value->as.pointer = at + 1;
    ret_value->size = (uint32_t)size;
    ret_value->kind = CTRACE_VALUE_STRING;
    return size + 2;
}

/* The values that most are: numbers and short texts, where nothing can go wrong that one look at
 * the size does not find. Returns how many bytes it took, 0 for another value. */
static inline size_t get_usual(const unsigned char *at, size_t left, ctrace_value *ret_value) {
    const unsigned kind = at[0] & CTI_RECORD_VALUE_KIND;
    const unsigned width = at[0] >> CTI_RECORD_VALUE_WIDTH_SHIFT;
    if (kind == CTRACE_VALUE_STRING && width >= CTI_RECORD_TEXT_WIDTH) {
        return get_short_text(at, left, width, ret_value);
    }
    if (left < WIDEST || !cti_kind_is_number(kind) || width - 1 >= 8) {
        return 0;
    }
    const unsigned above = 64 - 8 * width;
    const uint64_t sign = (uint64_t)1 << 63 >> above;
    const uint64_t word = cti_word_get64(at + 1) << above >> above;
    ret_value->as.u64 = (word ^ sign) - sign;
    ret_value->size = 0;
    ret_value->kind = kind;
    return 1 + (size_t)width;
}

bool cti_get_values(cti_get *get, ctrace_value *ret_values, uint32_t count) {
    if (count > CTI_RECORD_VALUES) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        const size_t left = (size_t)(get->end - get->at);
        const size_t taken = left == 0 ? 0 : get_usual(get->at, left, &ret_values[i]);
        get->at += taken;
        if (taken == 0 && !cti_get_value(get, &ret_values[i])) {
            return false;
        }
    }
    return true;
}

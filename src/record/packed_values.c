#include "record/packed_values.h"

#include <string.h>

/* ---- Numbers ---- */

static void put_byte(ctrace_buf *buf, unsigned byte) {
    cti_buf_char(buf, (char)(unsigned char)byte);
}

void cti_packed_put_varint(ctrace_buf *buf, uint64_t number) {
    for (; number >= 0x80; number >>= 7) {
        put_byte(buf, (unsigned)(number & 0x7f) | 0x80);
    }
    put_byte(buf, (unsigned)number);
}

static void put_low(ctrace_buf *buf, uint64_t number, unsigned width) {
    for (unsigned i = 0; i < width; i++) {
        put_byte(buf, (unsigned)(number >> 8 * i) & 0xff);
    }
}

/* How many bytes hold it, the highest bit being the sign; or not. */
static unsigned signed_width(int64_t number) {
    unsigned width = 0;
    while (width < 8 && (width == 0 ? number != 0
                                    : number < -((int64_t)1 << (8 * width - 1)) ||
                                          number > ((int64_t)1 << (8 * width - 1)) - 1)) {
        width++;
    }
    return width;
}

static unsigned unsigned_width(uint64_t number) {
    unsigned width = 0;
    while (width < 8 && number >> 8 * width != 0) {
        width++;
    }
    return width;
}

static uint64_t bits_of(double number) {
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    return bits;
}

static unsigned double_width(uint64_t bits) {
    unsigned width = 8;
    while (width > 0 && (bits & 0xff) == 0) {
        bits >>= 8;
        width--;
    }
    return width;
}

/* ---- Values ---- */

static unsigned width_of(const ctrace_value *value) {
    switch (value->kind) {
    case CTRACE_VALUE_BOOL:
        return value->as.boolean;
    case CTRACE_VALUE_I64:
    case CTRACE_VALUE_NS:
    case CTRACE_VALUE_ERRNO:
        return signed_width(value->as.i64);
    case CTRACE_VALUE_U64:
    case CTRACE_VALUE_HEX:
        return unsigned_width(value->as.u64);
    case CTRACE_VALUE_POINTER:
        return unsigned_width((uintptr_t)value->as.pointer);
    case CTRACE_VALUE_F64:
        return double_width(bits_of(value->as.f64));
    case CTRACE_VALUE_STRING:
    case CTRACE_VALUE_BYTES:
        return value->as.string != NULL;
    default:
        return 0;
    }
}

/* The text, or where it stood before. */
static void put_text(ctrace_buf *buf, cti_packed_sorts *sorts, const char *text, size_t size) {
    const size_t number = cti_packed_place((const unsigned char *)text, size);
    cti_packed_text *place = number == CTI_PACKED_TEXTS ? NULL : &sorts->texts[number];
    if (place != NULL && place->size == size && !buf->failed &&
        memcmp(buf->bytes + place->at, text, size) == 0) {
        cti_packed_put_varint(buf, 2 * number + 1);
        return;
    }
    cti_packed_put_varint(buf, 2 * (uint64_t)size);
    if (place != NULL) {
        *place = (cti_packed_text){buf->size, size};
    }
    cti_buf_put(buf, text, size);
}

static void put_value(ctrace_buf *buf, cti_packed_sorts *sorts, const ctrace_value *value,
                      unsigned width) {
    switch (value->kind) {
    case CTRACE_VALUE_I64:
    case CTRACE_VALUE_NS:
    case CTRACE_VALUE_ERRNO:
        put_low(buf, (uint64_t)value->as.i64, width);
        break;
    case CTRACE_VALUE_U64:
    case CTRACE_VALUE_HEX:
        put_low(buf, value->as.u64, width);
        break;
    case CTRACE_VALUE_POINTER:
        put_low(buf, (uintptr_t)value->as.pointer, width);
        break;
    case CTRACE_VALUE_F64:
        put_low(buf, width == 0 ? 0 : bits_of(value->as.f64) >> (64 - 8 * width), width);
        break;
    case CTRACE_VALUE_STRING:
    case CTRACE_VALUE_BYTES:
        if (width != 0) {
            put_text(buf, sorts, value->as.string, value->size);
        }
        break;
    default:
        break;
    }
}

/* Whether values that need `need` fit into `shape`, at no more than a byte wasted each: that costs
 * less than a new shape. */
static bool fits(uint8_t shape, uint32_t kind, unsigned need) {
    const unsigned width = shape >> CTI_RECORD_VALUE_WIDTH_SHIFT;
    const bool exact =
        kind == CTRACE_VALUE_BOOL || kind == CTRACE_VALUE_STRING || kind == CTRACE_VALUE_BYTES;
    return (shape & CTI_RECORD_VALUE_KIND) == kind &&
           (exact ? width == need : width >= need && width - need <= 1);
}

bool cti_packed_change_shape(cti_packed_sort *sort, const ctrace_value *values, unsigned count) {
    bool same = sort->count == count;
    for (unsigned i = 0; i < count && same; i++) {
        same = fits(sort->shape[i], values[i].kind, width_of(&values[i]));
    }
    for (unsigned i = 0; i < count && !same; i++) {
        sort->shape[i] =
            (uint8_t)(values[i].kind | width_of(&values[i]) << CTI_RECORD_VALUE_WIDTH_SHIFT);
    }
    sort->count = (uint8_t)count;
    return !same;
}

void cti_packed_put_values(ctrace_buf *buf, cti_packed_sorts *sorts, const cti_packed_sort *sort,
                           const ctrace_value *values, bool changed) {
    if (changed) {
        put_byte(buf, sort->count);
        cti_buf_put(buf, (const char *)sort->shape, sort->count);
    }
    for (unsigned i = 0; i < sort->count; i++) {
        put_value(buf, sorts, &values[i], sort->shape[i] >> CTI_RECORD_VALUE_WIDTH_SHIFT);
    }
}

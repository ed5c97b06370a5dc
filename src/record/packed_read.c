/* Unpacking a block: see record/packed.h. Nothing in it is trusted. */
#include <string.h>

#include "record/packed.h"

/* ---- Numbers ---- */

static bool get_varint(cti_get *get, uint64_t *ret_number) {
    uint64_t number = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        uint8_t byte;
        if (!cti_get_byte(get, &byte) || (shift == 63 && byte > 1)) {
            return false;
        }
        number |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *ret_number = number;
            return true;
        }
    }
    return false;
}

static bool get_low(cti_get *get, unsigned width, uint64_t *ret_number) {
    uint64_t number = 0;
    if (width > 8 || (size_t)(get->end - get->at) < width) {
        return false;
    }
    for (unsigned i = 0; i < width; i++) {
        number |= (uint64_t)*get->at++ << 8 * i;
    }
    *ret_number = number;
    return true;
}

static int64_t extend(uint64_t number, unsigned width) {
    const bool negative = width > 0 && (number >> (8 * width - 1) & 1) != 0;
    const uint64_t whole = negative && width < 8 ? number | UINT64_MAX << 8 * width : number;
    int64_t extended;
    memcpy(&extended, &whole, sizeof extended);
    return extended;
}

/* ---- Values ---- */

static bool get_old_text(const cti_packed_sorts *sorts, uint64_t number, ctrace_value *value) {
    if (number >= CTI_PACKED_TEXTS || sorts->texts[number].size == 0) {
        return false;
    }
    value->as.string = (const char *)sorts->bytes + sorts->texts[number].at;
    value->size = (uint32_t)sorts->texts[number].size;
    return true;
}

static bool get_new_text(cti_get *get, cti_packed_sorts *sorts, uint64_t size,
                         ctrace_value *value) {
    if (size > (uint64_t)(get->end - get->at) || size > CTI_RECORD_LONGEST) {
        return false;
    }
    const size_t place = cti_packed_place(get->at, (size_t)size);
    if (place != CTI_PACKED_TEXTS) {
        sorts->texts[place] = (cti_packed_text){(size_t)(get->at - sorts->bytes), (size_t)size};
    }
    value->as.string = (const char *)get->at;
    value->size = (uint32_t)size;
    get->at += size;
    return true;
}

static bool get_text(cti_get *get, cti_packed_sorts *sorts, unsigned width, ctrace_value *value) {
    uint64_t code;
    if (width == 0) {
        value->as.string = NULL;
        return true;
    }
    if (width != 1 || !get_varint(get, &code)) {
        return false;
    }
    return code % 2 != 0 ? get_old_text(sorts, code / 2, value)
                         : get_new_text(get, sorts, code / 2, value);
}

static bool get_number(cti_get *get, unsigned width, ctrace_value *value) {
    uint64_t number;
    if (!get_low(get, width, &number)) {
        return false;
    }
    switch (value->kind) {
    case CTRACE_VALUE_I64:
    case CTRACE_VALUE_NS:
    case CTRACE_VALUE_ERRNO:
        value->as.i64 = extend(number, width);
        return true;
    case CTRACE_VALUE_F64:
        number = width == 0 ? 0 : number << (64 - 8 * width);
        memcpy(&value->as.f64, &number, sizeof number);
        return true;
    case CTRACE_VALUE_POINTER:
        value->as.pointer = (const void *)(uintptr_t)number;
        return number <= UINTPTR_MAX;
    default:
        value->as.u64 = number;
        return true;
    }
}

static bool get_value(cti_get *get, cti_packed_sorts *sorts, uint8_t shape, ctrace_value *value) {
    const unsigned width = shape >> CTI_RECORD_VALUE_WIDTH_SHIFT;
    memset(value, 0, sizeof *value);
    value->kind = shape & CTI_RECORD_VALUE_KIND;
    switch (value->kind) {
    case CTRACE_VALUE_EMPTY:
        return width == 0;
    case CTRACE_VALUE_BOOL:
        value->as.boolean = width == 1;
        return width <= 1;
    case CTRACE_VALUE_STRING:
    case CTRACE_VALUE_BYTES:
        return get_text(get, sorts, width, value);
    default:
        return value->kind < CTRACE_VALUE_LAZY && get_number(get, width, value);
    }
}

static bool get_shape(cti_get *get, cti_packed_sort *sort) {
    uint8_t count;
    if (!cti_get_byte(get, &count) || count > CTI_RECORD_VALUES || get->end - get->at < count) {
        return false;
    }
    sort->count = count;
    memcpy(sort->shape, get->at, count);
    get->at += count;
    return true;
}

/* ---- Records ---- */

/* The words before the values, and those. */
static bool get_parts(cti_get *get, cti_packed_sorts *sorts, cti_packed_sort *sort, bool changed,
                      size_t words, ctrace_value *values) {
    if ((size_t)(get->end - get->at) < words) {
        return false;
    }
    get->at += words;
    if (changed && !get_shape(get, sort)) {
        return false;
    }
    for (unsigned i = 0; i < sort->count; i++) {
        if (!get_value(get, sorts, sort->shape[i], &values[i])) {
            return false;
        }
    }
    return true;
}

/* A record of that size at least with those words and values, all but its end. */
static bool begin_values(cti_lane *lane, cti_put *put, size_t least, const cti_packed_sort *sort,
                         const unsigned char *before, size_t words, const ctrace_value *values,
                         uint64_t time) {
    if (!cti_lane_begin(lane, put, least, sort->subject, time)) {
        return false;
    }
    memcpy(put->at, before, words);
    put->at += words;
    return cti_put_values(put, values, sort->count);
}

static bool put_values(cti_get *get, cti_packed_sorts *sorts, cti_packed_sort *sort, bool changed,
                       cti_lane *lane, uint64_t time) {
    ctrace_value values[CTI_RECORD_VALUES];
    const uint32_t kind = sort->kind & ~(uint32_t)CTI_PACKED_VALUES;
    const size_t words = 8 * (size_t)cti_packed_words(kind);
    const unsigned char *before = get->at;
    cti_put put;
    if (!get_parts(get, sorts, sort, changed, words, values)) {
        return false;
    }
    /* in the short form if that suffices, as the packed record was: it must not need more room */
    const size_t fixed = CTI_RECORD_HEADER + words + cti_put_fixed(sort->count);
    const size_t size = cti_put_size(CTI_RECORD_HEADER + words, values, sort->count);
    if (!begin_values(lane, &put, fixed, sort, before, words, values, time) &&
        !begin_values(lane, &put, size, sort, before, words, values, time)) {
        return false;
    }
    cti_lane_commit(lane, &put, (cti_record_kind)kind, time);
    return true;
}

static bool put_bytes(cti_get *get, const cti_packed_sort *sort, cti_lane *lane, uint64_t time) {
    uint64_t size;
    cti_put put;
    if (!get_varint(get, &size) || size > (uint64_t)(get->end - get->at)) {
        return false;
    }
    const bool is_short =
        CTI_RECORD_HEAD + size <= CTI_RECORD_SHORT && sort->subject >> CTI_RECORD_SUBJECT_BITS == 0;
    const size_t head = is_short ? CTI_RECORD_HEAD : CTI_RECORD_HEADER;
    if (!cti_lane_begin(lane, &put, head + (size_t)size, sort->subject, time)) {
        return false;
    }
    memcpy(put.at, get->at, (size_t)size);
    put.at += size;
    get->at += size;
    cti_lane_commit(lane, &put, (cti_record_kind)sort->kind, time);
    return true;
}

static bool put_time(cti_get *get, cti_lane *lane, uint64_t time) {
    uint64_t size;
    cti_ticks_sample sample;
    return get_varint(get, &size) && size == CTI_FILE_SAMPLE && cti_get_word(get, &sample.ticks) &&
           cti_get_word(get, &sample.ns) && cti_lane_put_time(lane, time, sample, 0);
}

static bool is_kind(uint64_t kind) {
    const uint64_t record = kind & ~(uint64_t)CTI_PACKED_VALUES;
    return record >= CTI_RECORD_TIME && record < 1u << CTI_RECORD_KIND_BITS &&
           (record == kind || cti_packed_words((uint32_t)record) >= 0);
}

static cti_packed_sort *get_sort(cti_get *get, cti_packed_sorts *sorts, uint64_t number) {
    uint64_t kind, subject;
    if (number != 0) {
        return number <= sorts->count ? &sorts->sorts[number - 1] : NULL;
    }
    if (!get_varint(get, &kind) || !get_varint(get, &subject) || !is_kind(kind) ||
        subject > UINT32_MAX) {
        return NULL;
    }
    if (sorts->count == CTI_PACKED_SORTS) {
        sorts->count = 0;
    }
    cti_packed_sort *sort = &sorts->sorts[sorts->count++];
    *sort = (cti_packed_sort){.kind = (uint32_t)kind, .subject = (uint32_t)subject};
    return sort;
}

static bool get_record(cti_get *get, cti_packed_sorts *sorts, cti_lane *lane, uint64_t *time) {
    uint64_t code, since;
    if (!get_varint(get, &code)) {
        return false;
    }
    cti_packed_sort *sort = get_sort(get, sorts, code / 2);
    if (sort == NULL || !get_varint(get, &since)) {
        return false;
    }
    *time += since;
    if (sort->kind == CTI_RECORD_TIME) {
        return put_time(get, lane, *time);
    }
    if ((sort->kind & CTI_PACKED_VALUES) == 0) {
        return put_bytes(get, sort, lane, *time);
    }
    return put_values(get, sorts, sort, code % 2 != 0, lane, *time);
}

/* ---- Blocks ---- */

/* An empty lane of an unpacked segment. Where times are ticks, the packed lane says what they are
 * by the clock, not this machine's counter: it is never asked. */
static cti_lane open_lane(unsigned char *segment, unsigned number, size_t begin, size_t end,
                          uint64_t serial) {
    cti_file_store_extent(segment + CTI_FILE_EXTENTS_AT + 8 * (size_t)number, 0);
    return (cti_lane){.at = segment + begin,
                      .begin = segment + begin,
                      .limit = segment + end,
                      .extent = segment + CTI_FILE_EXTENTS_AT + 8 * (size_t)number,
                      .serial = serial,
                      .base = UINT64_MAX};
}

static void write_segment_header(unsigned char *segment, size_t segment_size,
                                 const unsigned char *block, size_t side) {
    cti_word_put32(segment, CTI_FILE_MARK);
    cti_word_put64(segment + 8, segment_size);
    cti_word_put64(segment + 16, cti_word_get64(block + 16));
    cti_word_put64(segment + 24, cti_word_get64(block + 24));
    cti_word_put64(segment + 32, side);
    cti_word_put32(segment + 4, cti_file_header_sum(segment + 8, CTI_FILE_MARKED - 8));
    memcpy(segment + CTI_FILE_COPY_AT, segment, CTI_FILE_MARKED);
}

static bool get_lane(cti_get get, cti_packed_sorts *sorts, cti_lane *lane) {
    uint64_t time = 0;
    while (get.at < get.end) {
        if (!get_record(&get, sorts, lane, &time)) {
            return false;
        }
    }
    return true;
}

const char *cti_unpack_block(const unsigned char *block, const unsigned char *packed, size_t size,
                             unsigned char *segment, size_t segment_size, cti_packed_sorts *sorts) {
    const uint64_t serial = cti_word_get64(block + 16);
    const size_t side = cti_word_get32(block + 32);
    const size_t own = cti_word_get32(block + 36);
    cti_packed_forget(sorts);
    sorts->bytes = packed;
    if (own > size || side < CTI_FILE_SEGMENT_HEADER || side > segment_size ||
        side % CTI_RECORD_ALIGN != 0) {
        return "the block's header cannot be";
    }
    write_segment_header(segment, segment_size, block, side);
    cti_lane lanes[] = {open_lane(segment, 0, CTI_FILE_SEGMENT_HEADER, side, serial),
                        open_lane(segment, 1, side, segment_size, serial)};
    const bool good = get_lane((cti_get){packed, packed + own}, sorts, &lanes[0]) &&
                      get_lane((cti_get){packed + own, packed + size}, sorts, &lanes[1]);
    return good ? NULL : "the block's records cannot be";
}

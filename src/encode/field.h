/* A key that is prepared and its value: what every event is made of, and so the place where a few
 * nanoseconds count. One look at the buffer's room for both, and the usual values right here. */
#ifndef CTI_ENCODE_FIELD_H
#define CTI_ENCODE_FIELD_H

#include "core/value.h"
#include "encode/escape.h"
#include "encode/pieces.h"
#include "encode/value.h"

/* How a sink writes a value that is short: returns the bytes written, or 0 when it is not. */
typedef size_t cti_put_short(char out[CTI_SHORT_JSON_MAX], const ctrace_value *value);

/* Appends a piece and a number, or just the piece and false for a value that is not short. */
static inline bool cti_put_number_field(ctrace_buf *buf, const cti_pieces *pieces, size_t piece,
                                        const ctrace_value *value, cti_put_short *put_short) {
    const size_t key_size = cti_piece_size(pieces, piece);
    char *room = cti_buf_room(buf, key_size + CTI_STEP + CTI_SHORT_JSON_MAX);
    if (room == NULL) {
        return true;
    }
    cti_copy_steps(room, cti_piece(pieces, piece), key_size);
    const size_t size =
        value->kind == CTRACE_VALUE_I64   ? cti_i64_text(room + key_size, value->as.i64)
        : value->kind == CTRACE_VALUE_U64 ? cti_u64_text(room + key_size, value->as.u64)
                                          : put_short(room + key_size, value);
    cti_buf_wrote(buf, key_size + size);
    return size != 0;
}

/* Appends a string, measured and not NULL, with a piece before it. */
static inline void cti_put_string_field(ctrace_buf *buf, const cti_pieces *pieces, size_t piece,
                                        const ctrace_value *value) {
    const size_t key_size = cti_piece_size(pieces, piece);
    const size_t size = value->size;
    char *room = cti_buf_room(buf, key_size + CTI_STEP + size + 2);
    if (room == NULL) {
        return;
    }
    cti_copy_steps(room, cti_piece(pieces, piece), key_size);
    char *text = room + key_size + 1;
    text[-1] = '"';
    if (CTRACE_I_UNLIKELY(!cti_copy_if_plain(text, value->as.string, size))) {
        cti_buf_wrote(buf, key_size);
        cti_put_quoted(buf, value->as.string, size);
        return;
    }
    text[size] = '"';
    cti_buf_wrote(buf, key_size + size + 2);
}

/* Whether cti_put_string_field() is for the value. */
static inline bool cti_is_string_field(ctrace_value *value) {
    if (value->kind != CTRACE_VALUE_STRING) {
        return false;
    }
    cti_value_measure(value);
    return value->as.string != NULL && value->size <= CTI_VALUE_MOST;
}

#endif

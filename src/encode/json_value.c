#include "encode/json_value.h"

#include "core/value.h"
#include "encode/put.h"

static bool is_nested(cti_json_object object) {
    return object == CTI_JSON_NESTED_EVENT || object == CTI_JSON_NESTED_SPAN;
}

const char *cti_json_suffix(const ctrace_value *value, cti_json_object object) {
    return value->kind == CTRACE_VALUE_NS && !is_nested(object) ? "_ns" : "";
}

/* What the text sink shows, as a string. */
static size_t put_text_quoted(char *out, const ctrace_value *value) {
    const size_t size = cti_value_put_short(out + 1, value);
    out[0] = '"';
    out[size + 1] = '"';
    return size + 2;
}

static bool is_finite(double value) {
    return value - value == 0;
}

size_t cti_json_put_short(char out[CTI_SHORT_JSON_MAX], const ctrace_value *value) {
    switch (value->kind) {
    case CTRACE_VALUE_I64:
    case CTRACE_VALUE_NS:
    case CTRACE_VALUE_ERRNO:
        return cti_i64_text(out, value->as.i64);
    case CTRACE_VALUE_U64:
        return cti_u64_text(out, value->as.u64);
    case CTRACE_VALUE_F64:
        return is_finite(value->as.f64) ? cti_double_text(out, value->as.f64)
                                        : put_text_quoted(out, value);
    case CTRACE_VALUE_HEX:
        return put_text_quoted(out, value);
    case CTRACE_VALUE_POINTER:
        return value->as.pointer == NULL ? cti_value_put_short(out, value)
                                         : put_text_quoted(out, value);
    default:
        return cti_value_put_short(out, value);
    }
}

void cti_json_put_long(ctrace_buf *buf, const ctrace_value *value) {
    if (value->kind == CTRACE_VALUE_BYTES) {
        cti_buf_char(buf, '"');
        cti_put_bytes(buf, value->as.pointer, value->size);
        cti_buf_char(buf, '"');
    } else {
        cti_value_put_long(buf, value);
    }
}

void cti_json_put_value(ctrace_buf *buf, ctrace_value *value, cti_json_object object) {
    const bool as_text = value->kind == CTRACE_VALUE_NS && is_nested(object);
    char *room = cti_buf_room(buf, CTI_SHORT_JSON_MAX);
    if (room == NULL) {
        return;
    }
    cti_value_measure(value);
    const size_t size = as_text ? put_text_quoted(room, value) : cti_json_put_short(room, value);
    cti_buf_wrote(buf, size);
    if (size == 0) {
        cti_json_put_long(buf, value);
    }
}

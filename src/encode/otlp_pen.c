#include "encode/otlp_pen.h"

#include "base/big_endian.h"
#include "base/hex.h"
#include "base/number.h"
#include "encode/escape.h"
#include "encode/proto.h"

/* ---- JSON ---- */

static void put_comma(cti_otlp_pen *pen) {
    if (pen->has_more) {
        cti_buf_char(pen->buf, ',');
    }
    pen->has_more = true;
}

static void put_key(cti_otlp_pen *pen, const char *name) {
    put_comma(pen);
    cti_buf_char(pen->buf, '"');
    cti_buf_put(pen->buf, name, strlen(name));
    cti_buf_literal(pen->buf, "\":");
}

static void put_json(cti_otlp_pen *pen, const char *name, const char *text, size_t size) {
    put_key(pen, name);
    cti_buf_put(pen->buf, text, size);
}

static void put_json_string(cti_otlp_pen *pen, const char *name, const char *text, size_t size) {
    put_key(pen, name);
    cti_buf_char(pen->buf, '"');
    cti_buf_put(pen->buf, text, size);
    cti_buf_char(pen->buf, '"');
}

/* What is not there to be encoded is 0, and its digits are '='. */
static void base64_group(char out[4], const uint8_t *bytes, size_t size) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint32_t second = size > 1 ? bytes[1] : 0;
    const uint32_t third = size > 2 ? bytes[2] : 0;
    const uint32_t word = (uint32_t)bytes[0] << 16 | second << 8 | third;
    out[0] = digits[word >> 18];
    out[1] = digits[word >> 12 & 63];
    out[2] = size > 1 ? digits[word >> 6 & 63] : '=';
    out[3] = size > 2 ? digits[word & 63] : '=';
}

static void put_base64(ctrace_buf *buf, const uint8_t *bytes, size_t size) {
    char group[4];
    for (size_t at = 0; at < size; at += 3) {
        base64_group(group, bytes + at, size - at);
        cti_buf_put(buf, group, sizeof group);
    }
}

/* ---- Fields ---- */

void cti_otlp_number(cti_otlp_pen *pen, uint32_t field, const char *name, uint32_t value) {
    char text[CTI_INTEGER_TEXT_MAX];
    if (pen->is_json) {
        put_json(pen, name, text, cti_u64_text(text, value));
    } else {
        cti_proto_varint(pen->buf, field, value);
    }
}

void cti_otlp_fixed32(cti_otlp_pen *pen, uint32_t field, const char *name, uint32_t value) {
    if (pen->is_json) {
        cti_otlp_number(pen, field, name, value);
    } else {
        cti_proto_fixed32(pen->buf, field, value);
    }
}

void cti_otlp_fixed64(cti_otlp_pen *pen, uint32_t field, const char *name, uint64_t value) {
    char text[CTI_INTEGER_TEXT_MAX];
    if (pen->is_json) {
        put_json_string(pen, name, text, cti_u64_text(text, value));
    } else {
        cti_proto_fixed64(pen->buf, field, value);
    }
}

void cti_otlp_integer(cti_otlp_pen *pen, uint32_t field, const char *name, int64_t value) {
    char text[CTI_INTEGER_TEXT_MAX];
    if (pen->is_json) {
        put_json_string(pen, name, text, cti_i64_text(text, value));
    } else {
        cti_proto_varint(pen->buf, field, (uint64_t)value);
    }
}

void cti_otlp_bool(cti_otlp_pen *pen, uint32_t field, const char *name, bool value) {
    if (pen->is_json) {
        put_json(pen, name, value ? "true" : "false", value ? 4 : 5);
    } else {
        cti_proto_varint(pen->buf, field, value);
    }
}

static void put_json_double(cti_otlp_pen *pen, const char *name, double value) {
    char text[CTI_DOUBLE_TEXT_MAX];
    if (value != value) {
        put_json_string(pen, name, "NaN", 3);
    } else if (value - value != 0) {
        put_json_string(pen, name, value > 0 ? "Infinity" : "-Infinity", value > 0 ? 8 : 9);
    } else {
        put_json(pen, name, text, cti_double_text(text, value));
    }
}

void cti_otlp_double(cti_otlp_pen *pen, uint32_t field, const char *name, double value) {
    if (pen->is_json) {
        put_json_double(pen, name, value);
    } else {
        cti_proto_double(pen->buf, field, value);
    }
}

void cti_otlp_text(cti_otlp_pen *pen, uint32_t field, const char *name, const char *text,
                   size_t size) {
    if (!pen->is_json) {
        cti_proto_text(pen->buf, field, text, size);
        return;
    }
    put_key(pen, name);
    cti_buf_char(pen->buf, '"');
    cti_escape(pen->buf, text, size);
    cti_buf_char(pen->buf, '"');
}

void cti_otlp_bytes(cti_otlp_pen *pen, uint32_t field, const char *name, const void *bytes,
                    size_t size) {
    if (!pen->is_json) {
        cti_proto_bytes(pen->buf, field, bytes, size);
        return;
    }
    put_key(pen, name);
    cti_buf_char(pen->buf, '"');
    put_base64(pen->buf, bytes, size);
    cti_buf_char(pen->buf, '"');
}

void cti_otlp_id(cti_otlp_pen *pen, uint32_t field, const char *name, const uint64_t *words,
                 size_t count) {
    char text[2 * CTI_HEX_WORD];
    uint8_t bytes[16];
    for (size_t i = 0; i < count; i++) {
        cti_hex_put_word(text + CTI_HEX_WORD * i, words[i]);
        cti_big_endian_put(bytes + 8 * i, words[i]);
    }
    if (pen->is_json) {
        put_json_string(pen, name, text, CTI_HEX_WORD * count);
    } else {
        cti_proto_bytes(pen->buf, field, bytes, 8 * count);
    }
}

/* ---- Messages and lists ---- */

static void open_object(cti_otlp_pen *pen) {
    cti_buf_char(pen->buf, '{');
    pen->has_more = false;
}

size_t cti_otlp_begin(cti_otlp_pen *pen, uint32_t field, const char *name) {
    if (!pen->is_json) {
        return cti_proto_begin(pen->buf, field);
    }
    put_key(pen, name);
    open_object(pen);
    return 0;
}

size_t cti_otlp_item_begin(cti_otlp_pen *pen, uint32_t field) {
    if (!pen->is_json) {
        return cti_proto_begin(pen->buf, field);
    }
    put_comma(pen);
    open_object(pen);
    return 0;
}

void cti_otlp_end(cti_otlp_pen *pen, size_t begun) {
    if (!pen->is_json) {
        cti_proto_end(pen->buf, begun);
        return;
    }
    cti_buf_char(pen->buf, '}');
    pen->has_more = true;
}

void cti_otlp_list_begin(cti_otlp_pen *pen, const char *name) {
    if (pen->is_json) {
        put_key(pen, name);
        cti_buf_char(pen->buf, '[');
        pen->has_more = false;
    }
}

void cti_otlp_list_end(cti_otlp_pen *pen) {
    if (pen->is_json) {
        cti_buf_char(pen->buf, ']');
        pen->has_more = true;
    }
}

#include "encode/proto.h"

#include "base/utf8.h"

enum wire_type { VARINT = 0, FIXED64 = 1, LENGTH = 2, FIXED32 = 5 };

enum { VARINT_MAX = 10 };

static size_t varint_text(char out[VARINT_MAX], uint64_t value) {
    size_t size = 0;
    for (; value >= 0x80; value >>= 7) {
        out[size++] = (char)(unsigned char)(value | 0x80);
    }
    out[size++] = (char)(unsigned char)value;
    return size;
}

static void put_varint(ctrace_buf *buf, uint64_t value) {
    char *room = cti_buf_room(buf, VARINT_MAX);
    if (room != NULL) {
        cti_buf_wrote(buf, varint_text(room, value));
    }
}

static void put_tag(ctrace_buf *buf, uint32_t field, enum wire_type type) {
    put_varint(buf, (uint64_t)field << 3 | (unsigned)type);
}

static void put_little_endian(ctrace_buf *buf, uint64_t value, size_t size) {
    char *room = cti_buf_room(buf, 8);
    if (room == NULL) {
        return;
    }
    for (size_t i = 0; i < size; i++) {
        room[i] = (char)(unsigned char)(value >> (8 * i));
    }
    cti_buf_wrote(buf, size);
}

void cti_proto_varint(ctrace_buf *buf, uint32_t field, uint64_t value) {
    put_tag(buf, field, VARINT);
    put_varint(buf, value);
}

void cti_proto_fixed32(ctrace_buf *buf, uint32_t field, uint32_t value) {
    put_tag(buf, field, FIXED32);
    put_little_endian(buf, value, 4);
}

void cti_proto_fixed64(ctrace_buf *buf, uint32_t field, uint64_t value) {
    put_tag(buf, field, FIXED64);
    put_little_endian(buf, value, 8);
}

void cti_proto_double(ctrace_buf *buf, uint32_t field, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    cti_proto_fixed64(buf, field, bits);
}

void cti_proto_bytes(ctrace_buf *buf, uint32_t field, const void *bytes, size_t size) {
    put_tag(buf, field, LENGTH);
    put_varint(buf, size);
    cti_buf_put(buf, bytes, size);
}

/* ---- Strings ---- */

static size_t ascii_prefix(const char *text, size_t size) {
    size_t at = 0;
    while (at < size && (unsigned char)text[at] < 0x80) {
        at++;
    }
    return at;
}

static void put_valid(ctrace_buf *buf, const char *text, size_t size) {
    uint32_t point;
    for (size_t at = 0; at < size;) {
        const size_t length = cti_utf8_decode(text + at, size - at, &point);
        if (point == UINT32_MAX) {
            cti_buf_literal(buf, "\xef\xbf\xbd");
        } else {
            cti_buf_put(buf, text + at, length);
        }
        at += length;
    }
}

void cti_proto_text(ctrace_buf *buf, uint32_t field, const char *text, size_t size) {
    if (ascii_prefix(text, size) == size) {
        cti_proto_bytes(buf, field, text, size);
        return;
    }
    const size_t begun = cti_proto_begin(buf, field);
    put_valid(buf, text, size);
    cti_proto_end(buf, begun);
}

/* ---- Messages ---- */

/* One byte is kept for the length, which is enough for most. */
size_t cti_proto_begin(ctrace_buf *buf, uint32_t field) {
    put_tag(buf, field, LENGTH);
    cti_buf_char(buf, 0);
    return buf->size;
}

void cti_proto_end(ctrace_buf *buf, size_t begun) {
    if (buf->failed) {
        return;
    }
    char length[VARINT_MAX];
    const size_t inside = buf->size - begun;
    const size_t size = varint_text(length, inside);
    if (cti_buf_room(buf, size) == NULL) {
        return;
    }
    char *at = buf->bytes + begun;
    memmove(at + size - 1, at, inside);
    memcpy(at - 1, length, size);
    cti_buf_wrote(buf, size - 1);
}

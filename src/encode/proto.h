/* Protocol buffers, as far as messages are written:
 * https://protobuf.dev/programming-guides/encoding/ Each function appends one field, its number and
 * wire type first. */
#ifndef CTI_ENCODE_PROTO_H
#define CTI_ENCODE_PROTO_H

#include "base/buf.h"

void cti_proto_varint(ctrace_buf *buf, uint32_t field, uint64_t value);
void cti_proto_fixed32(ctrace_buf *buf, uint32_t field, uint32_t value);
void cti_proto_fixed64(ctrace_buf *buf, uint32_t field, uint64_t value);
void cti_proto_double(ctrace_buf *buf, uint32_t field, double value);
void cti_proto_bytes(ctrace_buf *buf, uint32_t field, const void *bytes, size_t size);

/* A string: broken UTF-8, for which readers would refuse the whole message, becomes U+FFFD. */
void cti_proto_text(ctrace_buf *buf, uint32_t field, const char *text, size_t size);

/* Begins a message inside the message; returns what cti_proto_end() is to be given. */
size_t cti_proto_begin(ctrace_buf *buf, uint32_t field);

/* Ends it. What is inside moves by a byte or more when it is longer than 127 bytes: its length is
 * known only now. */
void cti_proto_end(ctrace_buf *buf, size_t begun);

#endif

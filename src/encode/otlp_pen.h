/* One way to write OTLP's messages, for both of its encodings: protobuf, and protobuf's JSON
 * mapping as OTLP bends it (identities in hexadecimal, enums as numbers). Every function appends
 * one field; each field is named by its number and its JSON name. What has its default value is to
 * be left out by the caller. */
#ifndef CTI_ENCODE_OTLP_PEN_H
#define CTI_ENCODE_OTLP_PEN_H

#include "base/buf.h"

typedef struct cti_otlp_pen {
    ctrace_buf *buf;
    bool is_json;
    bool has_more; /* JSON: something is before it in the object or list, so a comma is due */
} cti_otlp_pen;

/* Of 32 bits, enums too: a varint, in JSON a number. */
void cti_otlp_number(cti_otlp_pen *pen, uint32_t field, const char *name, uint32_t value);
void cti_otlp_fixed32(cti_otlp_pen *pen, uint32_t field, const char *name, uint32_t value);

/* Of 64 bits: in JSON a string. */
void cti_otlp_fixed64(cti_otlp_pen *pen, uint32_t field, const char *name, uint64_t value);
void cti_otlp_integer(cti_otlp_pen *pen, uint32_t field, const char *name, int64_t value);

void cti_otlp_bool(cti_otlp_pen *pen, uint32_t field, const char *name, bool value);
void cti_otlp_double(cti_otlp_pen *pen, uint32_t field, const char *name, double value);
void cti_otlp_text(cti_otlp_pen *pen, uint32_t field, const char *name, const char *text,
                   size_t size);

/* In JSON base64. */
void cti_otlp_bytes(cti_otlp_pen *pen, uint32_t field, const char *name, const void *bytes,
                    size_t size);

/* An identity of one or two words, the most significant first; in JSON hexadecimal. */
void cti_otlp_id(cti_otlp_pen *pen, uint32_t field, const char *name, const uint64_t *words,
                 size_t count);

/* A message in the message. End it with what this returns. */
size_t cti_otlp_begin(cti_otlp_pen *pen, uint32_t field, const char *name);
void cti_otlp_end(cti_otlp_pen *pen, size_t begun);

/* A list of messages: JSON's brackets, and nothing in protobuf, where the items say it all. */
void cti_otlp_list_begin(cti_otlp_pen *pen, const char *name);
void cti_otlp_list_end(cti_otlp_pen *pen);

/* A message in a list; end it with cti_otlp_end(). */
size_t cti_otlp_item_begin(cti_otlp_pen *pen, uint32_t field);

#endif

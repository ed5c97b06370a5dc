/* Fields as OTLP's attributes. */
#ifndef CTI_ENCODE_OTLP_VALUE_H
#define CTI_ENCODE_OTLP_VALUE_H

#include "ctrace/subscriber.h"
#include "encode/otlp_pen.h"

/* How much is written; what is over is dropped, and counted where the protocol has a count. Value
 * lengths are characters of a text, bytes of bytes. */
typedef struct cti_otlp_limits {
    uint32_t attributes, value_length; /* of a span */
    uint32_t log_attributes, log_value_length;
    uint32_t events, links; /* of a span */
    uint32_t of_event;      /* attributes */
} cti_otlp_limits;

/* Appends the list "attributes", if there are any. Of two fields with the same key the last one is
 * written; an error number has its text beside it, under the key and "_text"; a duration is its
 * nanoseconds.
 *
 * field  The number of the list.
 * most   More attributes than that are dropped.
 *
 * Returns how many were dropped. */
uint32_t cti_otlp_attributes(cti_otlp_pen *pen, uint32_t field, const ctrace_fields *fields,
                             uint32_t most, uint32_t value_length);

/* One item of such a list, which must have been begun. */
void cti_otlp_attribute(cti_otlp_pen *pen, uint32_t field, const char *key,
                        const ctrace_value *value, uint32_t value_length);
void cti_otlp_text_attribute(cti_otlp_pen *pen, uint32_t field, const char *key, size_t key_size,
                             const char *text, size_t size);

/* Whether a span's field says something of the span instead of being an attribute: otel.kind,
 * otel.status_code, otel.status_message. */
bool cti_otlp_is_meant(const char *key);

/* The bytes of the text that are its first `most` characters. */
size_t cti_otlp_cut(const char *text, size_t size, uint32_t most);

#endif

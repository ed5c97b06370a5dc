#include "record/span.h"

#include <string.h>

#include "record/remote.h"

/* ---- New spans ---- */

enum { NEW_FIXED = CTI_RECORD_HEADER + 3 * 8 }; /* most bytes of one, but for its values */

size_t cti_put_new_size(const ctrace_span *span, uint64_t parent, const ctrace_value *values) {
    return cti_put_size(NEW_FIXED, values, span->fields.count) +
           cti_put_remote_size(cti_remote_to_tell(span, parent));
}

/* Whether its trace is not that of a parent in the stream, nor named after itself. */
static bool says_trace(const ctrace_span *span, uint64_t parent) {
    return parent == 0 && (span->root != span || cti_trace_is_named(span));
}

cti_record_kind cti_put_new(cti_put *put, const ctrace_span *span, uint64_t parent,
                            const ctrace_value *values) {
    const bool traced = says_trace(span, parent);
    uint64_t trace[2];
    cti_put_word(put, span->id);
    if (traced) {
        cti_trace_words(span, trace);
        cti_put_word(put, trace[0]);
        cti_put_word(put, trace[1]);
    } else {
        cti_put_word(put, parent);
    }
    cti_put_values(put, values, span->fields.count);
    cti_put_remote(put, cti_remote_to_tell(span, parent));
    return traced ? CTI_RECORD_SPAN_TRACED : CTI_RECORD_SPAN_NEW;
}

static bool get_around(cti_get *get, uint32_t kind, uint64_t here, cti_beginning *begun) {
    begun->parent = kind == CTI_RECORD_SPAN_OPEN ? here : 0;
    begun->trace[0] = 0;
    begun->trace[1] = 0;
    switch (kind) {
    case CTI_RECORD_SPAN_NEW:
        return cti_get_word(get, &begun->parent);
    case CTI_RECORD_SPAN_TRACED:
        return cti_get_word(get, &begun->trace[0]) && cti_get_word(get, &begun->trace[1]);
    default:
        return true;
    }
}

bool cti_get_new(cti_get *get, uint32_t kind, uint64_t here, uint32_t field_count,
                 cti_beginning *ret_begun) {
    return cti_get_word(get, &ret_begun->id) && ret_begun->id != 0 &&
           get_around(get, kind, here, ret_begun) &&
           cti_get_values(get, ret_begun->values, field_count);
}

/* ---- Recorded values ---- */

size_t cti_put_recorded_size(const ctrace_fields *fields) {
    return cti_put_size(CTI_RECORD_HEADER + 8 + 1 + (size_t)fields->count, fields->values,
                        fields->count);
}

/* The place of a key among the span's; the last one of that name. */
static uint8_t index_of(const ctrace_span *span, const char *key) {
    uint32_t i = span->fields.count;
    while (i > 1 && strcmp(span->fields.keys[i - 1], key) != 0) {
        i -= 1;
    }
    return (uint8_t)(i - 1);
}

void cti_put_recorded(cti_put *put, const ctrace_span *span, const ctrace_fields *fields) {
    cti_put_word(put, span->id);
    *put->at++ = (unsigned char)fields->count;
    for (uint32_t i = 0; i < fields->count; i++) {
        *put->at++ = index_of(span, fields->keys[i]);
        cti_put_value(put, &fields->values[i]);
    }
}

bool cti_get_recorded(cti_get *get, const ctrace_span *span,
                      const char *ret_keys[CTI_RECORD_VALUES],
                      ctrace_value ret_values[CTI_RECORD_VALUES], uint32_t *ret_count) {
    uint8_t count, index;
    uint32_t known = 0;
    if (!cti_get_byte(get, &count) || count > CTI_RECORD_VALUES) {
        return false;
    }
    for (uint8_t i = 0; i < count; i++) {
        if (!cti_get_byte(get, &index) || !cti_get_value(get, &ret_values[known])) {
            return false;
        }
        if (index < span->fields.count) {
            ret_keys[known++] = span->fields.keys[index];
        }
    }
    *ret_count = known;
    return true;
}

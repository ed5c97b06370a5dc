#include "record/put.h"

#include "core/value.h"
#include "record/values.h"

/* ---- Values that are not the usual ones ---- */

/* NULL when there is no room. */
static unsigned char *put_bytes(unsigned char *at, const unsigned char *limit, uint32_t kind,
                                const void *bytes, size_t size) {
    if (bytes == NULL) {
        return cti_value_head(at, kind, 0, NULL);
    }
    if (size <= CTI_RECORD_TEXT_SHORT) {
        return cti_value_short_text(at, kind, bytes, size, NULL);
    }
    if (limit <= at || (size_t)(limit - at) <= size) {
        return NULL;
    }
    at = cti_value_number(at, kind, size, NULL);
    memcpy(at, bytes, size);
    at[size] = '\0';
    return at + size + 1;
}

static size_t text_size(const ctrace_value *text) {
    const bool known = text->size != CTRACE_I_UNMEASURED || text->as.string == NULL;
    return known ? text->size : ctrace_i_clamp_size(strlen(text->as.string));
}

unsigned char *cti_value_put(unsigned char *at, const unsigned char *limit,
                             const ctrace_value *value) {
    const uint32_t kind = value->kind;
    switch (kind) {
    case CTRACE_VALUE_STRING:
        return put_bytes(at, limit, kind, value->as.string, text_size(value));
    case CTRACE_VALUE_BYTES:
        return put_bytes(at, limit, kind, value->as.pointer, value->size);
    case CTRACE_VALUE_POINTER:
        return cti_value_number(at, kind, (uintptr_t)value->as.pointer, NULL);
    case CTRACE_VALUE_BOOL:
        return cti_value_head(at, kind, value->as.boolean ? 1 : 0, NULL);
    case CTRACE_VALUE_LAZY:
        return NULL;
    default:
        return cti_kind_is_number(kind) ? cti_value_number(at, kind, value->as.u64, NULL)
                                        : cti_value_head(at, CTRACE_VALUE_EMPTY, 0, NULL);
    }
}

unsigned char *cti_values_keep(unsigned char *at, const unsigned char *limit, cti_common_copy *copy,
                               const ctrace_value *values, size_t count) {
    for (size_t i = 0; i < count && at != NULL; i++) {
        const ctrace_value *kept = copy->to;
        at = cti_common_put_any(copy, &values[i]) ? cti_value_put(at, limit, kept) : NULL;
    }
    return at;
}

unsigned char *cti_values_put(unsigned char *at, const unsigned char *limit,
                              const ctrace_value *values, size_t count) {
    limit -= count * CTI_RECORD_VALUE_FIXED; /* what is kept for this one and those to come */
    for (; count != 0 && at != NULL; count--, values++) { /* without any, `values` may be NULL */
        unsigned char *behind = cti_value_put_usual(at, values, NULL);
        at = CTRACE_I_LIKELY(behind != NULL) ? behind : cti_value_put(at, limit, values);
        limit += CTI_RECORD_VALUE_FIXED;
    }
    return at;
}

/* ---- Into records ---- */

bool cti_put_value(cti_put *put, const ctrace_value *value) {
    return (size_t)(put->limit - put->at) >= CTI_RECORD_VALUE_FIXED &&
           cti_put_values(put, value, 1);
}

bool cti_put_values(cti_put *put, const ctrace_value *values, uint32_t count) {
    unsigned char *at = cti_values_put(put->at, put->limit, values, count);
    put->at = at == NULL ? put->at : at;
    return at != NULL;
}

size_t cti_put_size(size_t fixed, const ctrace_value *values, uint32_t count) {
    size_t size = fixed + cti_put_fixed(count) + CTI_RECORD_ALIGN;
    for (uint32_t i = 0; i < count; i++) {
        ctrace_value value = values[i];
        cti_value_measure(&value);
        size += cti_value_has_bytes(&value) ? (size_t)value.size + 1 : 0;
    }
    return size;
}

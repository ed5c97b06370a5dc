#include "record/put.h"

#include "core/value.h"
#include "record/values.h"

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

/* Values in JSON. */
#ifndef CTI_ENCODE_JSON_VALUE_H
#define CTI_ENCODE_JSON_VALUE_H

#include "encode/json_keys.h"
#include "encode/value.h"

/* What is behind the key of a field with such a value: "_ns", or "". */
const char *cti_json_suffix(const ctrace_value *value, cti_json_object object);

/* Writes a value that is a number of some kind, true, false or null, a duration in nanoseconds.
 * Returns the bytes written; 0 for other values, which cti_json_put_long() appends. */
size_t cti_json_put_short(char out[CTI_SHORT_JSON_MAX], const ctrace_value *value);

/* Appends a value that is not short. A string must be measured. */
void cti_json_put_long(ctrace_buf *buf, const ctrace_value *value);

/* Measures and appends any value; a duration as text where the object is of the nested shape. */
void cti_json_put_value(ctrace_buf *buf, ctrace_value *value, cti_json_object object);

#endif

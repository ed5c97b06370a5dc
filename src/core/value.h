/* Values on their way from the macros: strings whose size nobody has looked for, texts not written
 * yet. */
#ifndef CTI_CORE_VALUE_H
#define CTI_CORE_VALUE_H

#include <string.h>

#include "ctrace/detail/box.h"
#include "ctrace/subscriber.h"

/* Finds the size of a string that the macros did not measure. */
static inline void cti_value_measure(ctrace_value *value) {
    if (value->kind == CTRACE_VALUE_STRING && value->size == CTRACE_I_UNMEASURED) {
        value->size = value->as.string == NULL ? 0 : ctrace_i_clamp_size(strlen(value->as.string));
    }
}

/* Whether there are bytes behind the value. */
static inline bool cti_value_has_bytes(const ctrace_value *value) {
    return (value->kind == CTRACE_VALUE_STRING || value->kind == CTRACE_VALUE_BYTES) &&
           value->as.pointer != NULL;
}

/* Measures all of them, turns lazy texts into strings held by `texts`, and returns how many bytes a
 * copy of what is behind them takes. False when there is no memory for the texts. */
bool cti_values_settle(ctrace_value *values, uint32_t count, ctrace_buf *texts, size_t *ret_bytes);

/* Copies the values, and the bytes behind them (each with a NUL) to `bytes`. */
void cti_values_copy(ctrace_value *to, const ctrace_value *from, uint32_t count, char *bytes);

#endif

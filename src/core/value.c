#include "core/value.h"

#include "base/buf.h"

/* The text's place in `texts` is kept as a number first, since the buffer moves while it grows. */
static void write_text(ctrace_value *value, ctrace_buf *texts) {
    const size_t begin = texts->size;
    if (value->as.lazy->function != NULL) {
        value->as.lazy->function(texts, value->as.lazy->object);
    }
    value->as.u64 = begin;
    value->size = ctrace_i_clamp_size(texts->size - begin);
}

static bool write_texts(ctrace_value *values, uint32_t count, ctrace_buf *texts) {
    for (uint32_t i = 0; i < count; i++) {
        if (values[i].kind == CTRACE_VALUE_LAZY) {
            write_text(&values[i], texts);
        }
    }
    cti_buf_char(texts, '\0'); /* so that there is memory to point to */
    for (uint32_t i = 0; i < count; i++) {
        if (values[i].kind == CTRACE_VALUE_LAZY) {
            values[i].as.string = texts->failed ? NULL : texts->bytes + values[i].as.u64;
            values[i].kind = CTRACE_VALUE_STRING;
        }
    }
    return !texts->failed;
}

bool cti_values_settle(ctrace_value *values, uint32_t count, ctrace_buf *texts, size_t *ret_bytes) {
    size_t bytes = 0;
    bool lazy = false;
    for (uint32_t i = 0; i < count; i++) {
        cti_value_measure(&values[i]);
        if (cti_value_has_bytes(&values[i])) {
            bytes += (size_t)values[i].size + 1;
        }
        lazy = lazy || values[i].kind == CTRACE_VALUE_LAZY;
    }
    if (lazy) {
        return write_texts(values, count, texts) &&
               cti_values_settle(values, count, texts, ret_bytes);
    }
    *ret_bytes = bytes;
    return true;
}

void cti_values_copy(ctrace_value *to, const ctrace_value *from, uint32_t count, char *bytes) {
    for (uint32_t i = 0; i < count; i++) {
        to[i] = from[i];
        if (cti_value_has_bytes(&from[i])) {
            memcpy(bytes, from[i].as.pointer, from[i].size);
            bytes[from[i].size] = '\0';
            to[i].as.pointer = bytes;
            bytes += (size_t)from[i].size + 1;
        }
    }
}

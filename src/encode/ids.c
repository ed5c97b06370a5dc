#include "encode/ids.h"

#include "base/atomic.h"
#include "base/hex.h"

void cti_trace_id_text(char out[CTI_TRACE_ID_TEXT], const ctrace_span *span) {
    const uint64_t *words = span->root->trace_id; /* once they are made they stay */
    if (cti_load_relaxed(&words[0]) == 0 || cti_load_relaxed(&words[1]) == 0) {
        uint8_t made[16];
        ctrace_span_trace_id(span, made);
    }
    cti_hex_put_word(out, cti_load_relaxed(&words[0]));
    cti_hex_put_word(out + 16, cti_load_relaxed(&words[1]));
}

void cti_span_id_text(char out[CTI_SPAN_ID_TEXT], const ctrace_span *span) {
    cti_hex_put_word(out, ctrace_span_id(span));
}

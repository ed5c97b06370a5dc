/* Span and trace identities, made when somebody asks. */
#include <string.h>

#include "core/span.h"

/* Sets *word to a random number that is not 0, unless somebody else was first. */
static uint64_t settle(uint64_t *word) {
    uint64_t known = cti_load_relaxed(word);
    while (known == 0) {
        uint64_t fresh = cti_random_next(&cti_self.random);
        if (cti_compare_exchange(word, &known, fresh)) {
            known = fresh;
        }
    }
    return known;
}

uint64_t ctrace_span_id(const ctrace_span *span) {
    return span == NULL ? 0 : settle(&((ctrace_span *)(uintptr_t)span)->id);
}

static void put_big_endian(uint8_t *bytes, uint64_t word) {
    for (unsigned i = 0; i < 8; i++) {
        bytes[i] = (uint8_t)(word >> (56 - 8 * i));
    }
}

void ctrace_span_trace_id(const ctrace_span *span, uint8_t ret_id[16]) {
    if (span == NULL) {
        memset(ret_id, 0, 16);
        return;
    }
    put_big_endian(ret_id, settle(&span->root->trace_id[0]));
    put_big_endian(ret_id + 8, settle(&span->root->trace_id[1]));
}

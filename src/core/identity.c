/* Span and trace identities, made when somebody asks. */
#include <string.h>

#include "base/big_endian.h"
#include "core/remote.h"

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

void cti_trace_words(const ctrace_span *span, uint64_t ret_words[2]) {
    ctrace_span *root = span->root;
    const bool given = cti_span_is_remote(root); /* then one of the words may be 0 */
    for (size_t i = 0; i < 2; i++) {
        ret_words[i] = given ? root->trace_id[i] : settle(&root->trace_id[i]);
    }
}

void ctrace_span_trace_id(const ctrace_span *span, uint8_t ret_id[16]) {
    if (span == NULL) {
        memset(ret_id, 0, 16);
        return;
    }
    uint64_t words[2];
    cti_trace_words(span, words);
    cti_big_endian_put(ret_id, words[0]);
    cti_big_endian_put(ret_id + 8, words[1]);
}

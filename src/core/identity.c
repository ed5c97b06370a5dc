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

uint64_t cti_trace_key(void) {
    static uint64_t key;
    return settle(&key);
}

/* A trace that begins here is named after its root span, so that whoever knows that knows both:
 * threads that come to this at the same time store the same. */
static void name_trace(ctrace_span *root) {
    if (cti_load_acquire(&root->trace_id[1]) == 0 && !cti_span_is_remote(root)) {
        cti_store_relaxed(&root->trace_id[0], cti_trace_key());
        /* release: who finds this half finds the other one */
        cti_store_release(&root->trace_id[1], ctrace_span_id(root));
    }
}

void cti_trace_words(const ctrace_span *span, uint64_t ret_words[2]) {
    name_trace(span->root);
    for (size_t i = 0; i < 2; i++) {
        ret_words[i] = cti_load_relaxed(&span->root->trace_id[i]);
    }
}

bool cti_trace_is_named(const ctrace_span *span) {
    const uint64_t *words = span->root->trace_id;
    const uint64_t last = cti_load_acquire(&words[1]);
    return cti_span_is_remote(span->root) ||
           (last != 0 && (last != cti_load_relaxed(&span->root->id) ||
                          cti_load_relaxed(&words[0]) != cti_trace_key()));
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

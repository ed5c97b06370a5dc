/* Spans of other processes, which traces continue here: the remote span is the outermost ancestor
 * of what happens below it, and has the identities that came with it. No subscriber sees it; but it
 * can be entered, followed and passed on as any span. */
#ifndef CTI_CORE_REMOTE_H
#define CTI_CORE_REMOTE_H

#include "core/baggage.h"
#include "core/span.h"
#include "ctrace/context.h"

/* What came with it, besides the identities. */
typedef struct cti_remote {
    cti_baggage *baggage; /* a reference, or NULL */
    uint64_t randomness;  /* what sampling goes by: see core/sampling.h */
    uint8_t flags;        /* those that are known: CTI_FLAG_* */
    char tracestate[];    /* NUL-terminated, often empty */
} cti_remote;

enum { CTI_FLAG_SAMPLED = 1, CTI_FLAG_RANDOM = 2 };

/* Whose all remote spans are: nobody's. */
extern cti_tree cti_remote_tree;

static inline bool cti_span_is_remote(const ctrace_span *span) {
    return span->tree == &cti_remote_tree;
}

/* What came with a remote span. */
static inline const cti_remote *cti_remote_with(const ctrace_span *remote) {
    return (const cti_remote *)(const void *)remote->data;
}

/* What came with the trace; NULL when it began in this process. */
static inline const cti_remote *cti_remote_of(const ctrace_span *span) {
    const ctrace_span *root = span->root;
    return cti_span_is_remote(root) ? cti_remote_with(root) : NULL;
}

/* A remote span with one reference; the current baggage is its own from now on. NULL when `remote`
 * is none, when there is no memory, or inside a callback. Threads: self. */
ctrace_span *cti_remote_span(cti_thread *self, const ctrace_remote *remote);

/* The same with that baggage (NULL: none), also inside a callback. */
ctrace_span *cti_remote_create(cti_thread *self, const ctrace_remote *remote, cti_baggage *baggage);

/* Frees what came with it. */
void cti_remote_free(ctrace_span *span);

/* The parent of spans that have none in this process: a remote span, or NULL. */
extern ctrace_span *cti_origin;

static inline ctrace_span *cti_span_or_origin(ctrace_span *span) {
    return span != NULL ? span : cti_load_acquire(&cti_origin);
}

/* From now on new traces continue this one; NULL: no more. False when there is no memory. */
bool cti_origin_set(const ctrace_remote *remote);

#endif

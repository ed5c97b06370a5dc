/* The spans that a reader has rebuilt, by identity. */
#ifndef CTI_COMPOSE_DEFERRED_SPANS_H
#define CTI_COMPOSE_DEFERRED_SPANS_H

#include <stdbool.h>

#include "core/span.h"

typedef struct cti_rebuilt {
    uint64_t id;       /* 0: a free place */
    uint64_t parent;   /* the identity of the one around it, or 0 */
    ctrace_span *span; /* of an alias: the next one outwards that is wanted, a hold, or NULL */
    uint32_t entered;  /* how often it is among the entries of stands */
    bool alias;        /* nobody wants the span: it stands for the next one outwards */
} cti_rebuilt;

typedef struct cti_spans {
    cti_rebuilt *places; /* open addressing: a span lies at the first free place from its own on */
    size_t capacity;     /* a power of two, or 0 */
    size_t count;
} cti_spans;

/* The span of that identity, or NULL. What is returned lasts until one is added or removed. */
cti_rebuilt *cti_spans_find(const cti_spans *spans, uint64_t id);

/* Adds one; NULL when there is no memory. It must not be there. */
cti_rebuilt *cti_spans_add(cti_spans *spans, uint64_t id);

void cti_spans_remove(cti_spans *spans, cti_rebuilt *rebuilt);

#endif

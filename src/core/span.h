/* Spans. */
#ifndef CTI_CORE_SPAN_H
#define CTI_CORE_SPAN_H

#include "core/site.h"
#include "core/thread.h"
#include "core/tree.h"

struct ctrace_fields {
    const char *const *keys;
    ctrace_value *values; /* of a span: replaced as a whole when something is recorded */
    uint32_t count;
};

/* Values that were recorded, with the bytes behind them, in one piece of memory. */
typedef struct cti_version cti_version;

enum { CTI_SPAN_DATA_ALIGN = 16 }; /* at least; data is cleared in such pieces */

struct ctrace_span {
    cti_tree *tree; /* whose it is */
    cti_site *site;
    ctrace_span *parent; /* NULL for a root; alive as long as this span */
    ctrace_span *root;
    cti_lease *lease; /* keeps the tree; NULL when a reference to its subscriber does */
    ctrace_fields fields;
    char *data;          /* tree->data_size bytes for the tree's nodes, if that is not 0 */
    uint64_t seen;       /* which nodes were given it: bit i for node i, more in front of data */
    uint32_t references; /* that keep it open */
    uint32_t holds; /* that keep its memory: 1 while it is open, 1 for each child that is pinned */
    union {
        struct {
            uint8_t pinned; /* it has a hold on its parent */
            uint8_t block_class;
            bool recorded; /* there are versions */
        };
        uint32_t burden; /* 0: there is nothing to give back but a small block */
    };
    bool exposed;         /* the program has a pointer to it: other threads may read it */
    uint64_t id;          /* 0: not asked for yet */
    uint64_t trace_id[2]; /* of a root; both 0: not asked for yet */
    cti_version
        *versions; /* if recorded: the current one, then older ones that somebody may read */
    ctrace_value values[]; /* as created, then data, then strings */
};

/* A new span with one reference and one hold, its values copied. `lease` keeps the tree, or NULL:
 * then a reference is to be taken. NULL when there is no memory. Threads: self. */
ctrace_span *cti_span_create(cti_thread *self, cti_tree *tree, cti_site *site,
                             const ctrace_value *values, ctrace_span *parent, cti_lease *lease);

/* A span of the instance's callsite that no scope owns, with one reference; a root if `parent` is
 * NULL, wherever this process comes from. NULL when it is not wanted, or cannot be had. */
ctrace_span *cti_span_new(ctrace_callsite *instance, const ctrace_value *values,
                          ctrace_span *parent);

/* Counts a span that could not be had for want of a section. */
void cti_span_refuse(const cti_thread *self, const ctrace_callsite *instance);

/* Makes the span keep its ancestors' memory, since it may outlive their scopes. Threads: any. */
void cti_span_pin(ctrace_span *span);

/* Gives back a hold; the last one frees the memory. Threads: self. */
void cti_span_let_go(cti_thread *self, ctrace_span *span);

/* Gives back a reference; the last one closes the span. */
void cti_span_release(cti_thread *self, ctrace_span *span);

/* Opens a span of whom this thread's route leads to, tells of it by its ops, and leaves the
 * section. Returns the span's token; 0 when there is no memory. */
uint64_t cti_span_open_by_ops(cti_site *site, const ctrace_value *values);

/* Tells the subscriber that the span is left, and closed unless others hold it by now, leaves the
 * section and gives back what the span had. */
void cti_span_deliver_end(ctrace_span *span);

/* The end of the scope that opened it: exits it, and closes it unless others hold it. */
void cti_span_end_scope(cti_thread *self, ctrace_span *span);

/* Tells the span's subscriber that it was entered or left here. */
void cti_span_entered(cti_thread *self, ctrace_span *span);
void cti_span_left(cti_thread *self, ctrace_span *span);

/* The halves of the trace id, the first one first; made when first asked. Threads: any. */
void cti_trace_words(const ctrace_span *span, uint64_t ret_words[2]);

/* The first half of the ids of all traces that begin in this process; the second half is their
 * root span's id. */
uint64_t cti_trace_key(void);

/* Whether the trace has another id than that: it began elsewhere. */
bool cti_trace_is_named(const ctrace_span *span);

/* Which nodes of its tree were given the span. */
static inline bool cti_span_seen(const ctrace_span *span, uint32_t node) {
    const uint64_t *word =
        node < 64 ? &span->seen : (const uint64_t *)(const void *)span->data - node / 64;
    return (*word >> (node % 64) & 1) != 0;
}

void cti_span_set_seen(ctrace_span *span, uint32_t node);

#endif

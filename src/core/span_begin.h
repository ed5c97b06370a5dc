/* What every new span has, wherever its memory comes from. */
#ifndef CTI_CORE_SPAN_BEGIN_H
#define CTI_CORE_SPAN_BEGIN_H

#include <string.h>

#include "core/span.h"

/* `size` bytes, a multiple of the pieces': mostly so few that a call would take longer. */
static inline void cti_span_clear(char *room, size_t size) {
    for (size_t i = 0; i < size; i += CTI_SPAN_DATA_ALIGN) {
        memset(room + i, 0, CTI_SPAN_DATA_ALIGN);
    }
}

/* Everything but the values and the data. */
static inline void cti_span_begin(ctrace_span *span, cti_tree *tree, cti_site *site,
                                  ctrace_span *parent, cti_lease *lease, uint8_t block_class) {
    span->tree = tree;
    span->site = site;
    span->parent = parent;
    span->root = parent == NULL ? span : parent->root;
    span->lease = lease;
    span->fields.keys = site->description.field_names;
    span->fields.values = span->values;
    span->fields.count = site->description.field_count;
    span->seen = 1;
    span->references = 1;
    span->holds = 1;
    span->burden = 0;
    span->block_class = block_class;
    span->exposed = false;
    span->id = 0;
    memset(span->trace_id, 0, sizeof span->trace_id);
}

/* The data of the tree's nodes: all zero. */
static inline void cti_span_begin_data(ctrace_span *span, const cti_tree *tree) {
    if (tree->room != 0) {
        char *behind_values = (char *)&span->values[span->fields.count];
        span->data = behind_values + tree->seen_size;
        cti_span_clear(behind_values, tree->room);
    }
}

#endif

/* The span that most are: of a small block that is there already, with few and short values, in a
 * scope that has room. In pieces, for those who copy the values and tell of it in one step. */
#ifndef CTI_CORE_SPAN_COMMON_H
#define CTI_CORE_SPAN_COMMON_H

#include "base/inline.h"
#include "base/short_string.h"
#include "core/block.h"
#include "core/span_begin.h"
#include "ctrace/detail/box.h"

/* ---- Its memory ---- */

/* A block for a span of a tree, uninitialised. NULL when another size, or other memory, is needed.
 */
static inline ctrace_span *cti_common_take(cti_thread *self, const cti_scope *scope,
                                           const cti_site *site, const cti_tree *tree) {
    return CTRACE_I_LIKELY(site->description.field_count < tree->common_end &&
                           !cti_scope_is_full(scope))
               ? cti_block_take_small(self)
               : NULL;
}

/* The data of a span that the route's own ways make. `alone`: nobody stands before who takes them.
 */
static CTI_ALWAYS_INLINE void cti_common_begin_data(ctrace_span *span, const cti_route *route,
                                                    bool alone) {
    span->data = (char *)&span->values[span->fields.count];
    if (!alone) {
        span->seen = route->seen;
        cti_span_clear(span->data, route->tree->room);
    }
}

/* Those of who takes them. */
static CTI_ALWAYS_INLINE void *cti_common_data(const ctrace_span *span, const cti_route *route,
                                               bool alone) {
    return alone ? span->data : span->data + route->data_offset;
}

/* Whether those who stand before passed the span on: while answers for its callsite change, theirs
 * and that of who takes spans may differ. */
static CTI_ALWAYS_INLINE bool cti_common_was_given(const ctrace_span *span, const cti_route *route,
                                                   bool alone) {
    return alone || CTRACE_I_LIKELY(span->seen == route->seen);
}

/* Puts it on top of the scope, and returns its token. */
static inline uint64_t cti_common_push(cti_scope *scope, ctrace_span *span) {
    cti_store_relaxed(&span->lease->count, span->lease->count + 1);
    return cti_scope_put(scope, CTI_ENTRY_SCOPED, span)->token;
}

/* It needs more than the block after all: opens it from the beginning. Inside a section, which this
 * leaves. Returns its token. */
uint64_t cti_common_give_up(ctrace_span *span, const ctrace_value *values);

/* ---- Its values ---- */

/* Where values go, and what is behind them. */
typedef struct cti_common_copy {
    ctrace_value *to;
    char *at;
    const char *limit;
} cti_common_copy;

static inline const char *cti_common_limit(const ctrace_span *span) {
    return (const char *)span + CTI_BLOCK_SMALLEST;
}

/* What is behind them comes after `room` bytes of data. */
static inline cti_common_copy cti_common_begin_copy(ctrace_span *span, size_t room) {
    return (cti_common_copy){span->values, (char *)&span->values[span->fields.count] + room,
                             cti_common_limit(span)};
}

static CTI_ALWAYS_INLINE bool cti_common_has_room(const cti_common_copy *copy) {
    return copy->limit - copy->at > CTI_SHORT_STRING;
}

/* A value without bytes behind it. */
static CTI_ALWAYS_INLINE void cti_common_put(cti_common_copy *copy, uint32_t kind, uint64_t word) {
    copy->to->as.u64 = word;
    copy->to->size = 0;
    copy->to->kind = kind;
    copy->to += 1;
}

/* A text of which a copy lies at `at` already, with a NUL. */
static CTI_ALWAYS_INLINE void cti_common_put_text(cti_common_copy *copy, size_t size) {
    copy->to->as.string = copy->at;
    copy->to->size = (uint32_t)size;
    copy->to->kind = CTRACE_VALUE_STRING;
    copy->to += 1;
    copy->at += size + 1;
}

/* Any value. False when it does not fit, or has to be written, or is BYTES. */
bool cti_common_put_any(cti_common_copy *copy, const ctrace_value *value);

#endif

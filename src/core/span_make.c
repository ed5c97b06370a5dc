/* Making spans of any size and content. */
#include "base/buf.h"
#include "core/block.h"
#include "core/span_begin.h"
#include "core/value.h"

ctrace_span *cti_span_create(cti_thread *self, cti_tree *tree, cti_site *site,
                             const ctrace_value *given, ctrace_span *parent, cti_lease *lease) {
    const uint32_t count = site->description.field_count;
    ctrace_value *values = (ctrace_value *)(uintptr_t)given; /* the macro's own array */
    ctrace_buf texts = CTI_BUF_INIT;
    size_t bytes;
    ctrace_span *span = NULL;
    if (cti_values_settle(values, count, &texts, &bytes)) {
        const size_t fixed = sizeof *span + count * sizeof *values + tree->room;
        uint8_t block_class;
        span = cti_block_take(self, fixed + bytes, &block_class);
        if (span != NULL) {
            cti_span_begin(span, tree, site, parent, lease, block_class);
            cti_span_begin_data(span, tree);
            cti_values_copy(span->values, values, count, (char *)span + fixed);
        }
    }
    cti_buf_release(&texts);
    return span;
}

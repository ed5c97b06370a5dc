/* "Where am I": the open spans as text. */
#include "ctrace/trace.h"

#include "core/remote.h"
#include "encode/escape.h"
#include "encode/text.h"
#include "encode/value.h"

static void put_place(ctrace_buf *buf, const ctrace_callsite *site) {
    char number[CTI_INTEGER_TEXT_MAX];
    cti_buf_literal(buf, " at ");
    cti_escape_bare(buf, site->file, strlen(site->file));
    cti_buf_char(buf, ':');
    cti_buf_put(buf, number, cti_u64_text(number, site->line));
}

static void put_spans(ctrace_buf *buf) {
    const ctrace_span *span = ctrace_span_current();
    if (span != NULL && cti_span_is_remote(span)) {
        span = NULL; /* and nothing is around it */
    }
    for (; span != NULL; span = ctrace_span_parent(span, NULL)) {
        cti_put_span(buf, span);
        put_place(buf, ctrace_span_site(span));
        cti_buf_char(buf, '\n');
    }
}

size_t ctrace_span_trace(char *buf, size_t size) {
    ctrace_buf text = CTI_BUF_INIT;
    cti_thread *self = &cti_self;
    /* a section, so that no values are freed meanwhile; inside a callback there is one already */
    const bool entered = cti_section_enter(self);
    put_spans(&text);
    if (entered) {
        cti_section_leave(self);
    }
    const size_t whole = cti_copy_out(&text, buf, size);
    cti_buf_release(&text);
    return whole;
}

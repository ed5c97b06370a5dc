/* Events as text, for people: laid out as Rust's tracing-subscriber does, so that eyes and tools
 * know it already. */
#ifndef CTI_ENCODE_TEXT_H
#define CTI_ENCODE_TEXT_H

#include "ctrace/sinks.h"
#include "encode/notice.h"
#include "encode/pieces.h"
#include "encode/stamp.h"

typedef struct cti_text {
    ctrace_text_options options;
    bool color;
    cti_stamp stamp;
    cti_pieces_cache pieces;
} cti_text;

/* `options` is copied and must be valid. The result must stay where it is. */
void cti_text_init(cti_text *ret_text, const ctrace_text_options *options, bool color);
void cti_text_release(cti_text *text);

/* Appends the notice as one line, or as several where the format is CTRACE_TEXT_PRETTY. Fails the
 * buffer when there is no memory. */
void cti_text_put(cti_text *text, ctrace_buf *buf, const cti_notice *notice);

/* Appends the span as it stands in a line: name{key=value key=value}. */
void cti_put_span(ctrace_buf *buf, const ctrace_span *span);

#endif

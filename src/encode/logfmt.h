/* Events as logfmt: key=value pairs, one line an event. */
#ifndef CTI_ENCODE_LOGFMT_H
#define CTI_ENCODE_LOGFMT_H

#include "ctrace/sinks.h"
#include "encode/notice.h"
#include "encode/pieces.h"
#include "encode/stamp.h"

typedef struct cti_logfmt {
    ctrace_logfmt_options options;
    cti_stamp stamp;
    cti_pieces_cache pieces;
} cti_logfmt;

/* `options` is copied and must be valid. The result must stay where it is. */
void cti_logfmt_init(cti_logfmt *ret_logfmt, const ctrace_logfmt_options *options);
void cti_logfmt_release(cti_logfmt *logfmt);

/* Appends the notice as one line. Fails the buffer when there is no memory. */
void cti_logfmt_put(cti_logfmt *logfmt, ctrace_buf *buf, const cti_notice *notice);

#endif

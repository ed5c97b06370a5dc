/* Events as JSON, one object a line: flat, or in the shape of Rust's tracing-subscriber. */
#ifndef CTI_ENCODE_JSON_H
#define CTI_ENCODE_JSON_H

#include "ctrace/sinks.h"
#include "encode/notice.h"
#include "encode/pieces.h"
#include "encode/stamp.h"

typedef struct cti_json {
    ctrace_json_options options;
    cti_stamp stamp;
    cti_pieces_cache pieces;
} cti_json;

/* `options` is copied and must be valid. The result must stay where it is. */
void cti_json_init(cti_json *ret_json, const ctrace_json_options *options);
void cti_json_release(cti_json *json);

/* Appends the notice as one line. Fails the buffer when there is no memory. */
void cti_json_put(cti_json *json, ctrace_buf *buf, const cti_notice *notice);

#endif

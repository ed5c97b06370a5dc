/* Spans in JSON. */
#ifndef CTI_ENCODE_JSON_SPAN_H
#define CTI_ENCODE_JSON_SPAN_H

#include "encode/json.h"

/* Appends ,"span":{…},"spans":[{…},…]: the innermost, and all, the outermost first. Nothing when
 * there are none. Fails the buffer when there is no memory. */
void cti_json_put_spans(cti_json *json, ctrace_buf *buf, const cti_notice *notice);

#endif

/* Identities in JSON. */
#ifndef CTI_ENCODE_JSON_IDS_H
#define CTI_ENCODE_JSON_IDS_H

#include "encode/notice.h"

/* Appends ,"trace_id":"…","span_id":"…" of the innermost span; and of those around it, where there
 * are any, ,"parent_ids":["…",…], the outermost first. A parent in another process comes before
 * them all: so the lines of several processes can be joined. */
void cti_json_put_ids(ctrace_buf *buf, const cti_notice *notice);

#endif

/* Identities as text. */
#ifndef CTI_ENCODE_IDS_H
#define CTI_ENCODE_IDS_H

#include "core/span.h"

enum { CTI_TRACE_ID_TEXT = 32, CTI_SPAN_ID_TEXT = 16 };

/* Write lower-case hexadecimal digits, as many as those sizes say. Threads: any. */
void cti_trace_id_text(char out[CTI_TRACE_ID_TEXT], const ctrace_span *span);
void cti_span_id_text(char out[CTI_SPAN_ID_TEXT], const ctrace_span *span);

#endif

/* What a server says of a message that it took: that it kept only part of it. */
#ifndef CTI_SINKS_OTLP_ANSWER_H
#define CTI_SINKS_OTLP_ANSWER_H

#include <stddef.h>
#include <stdint.h>

/* Reads partial_success of an ExportTraceServiceResponse or ExportLogsServiceResponse, in either
 * encoding: how many records were rejected. 0 for what cannot be read. */
uint64_t cti_otlp_rejected(const char *body, size_t size);

/* For cti_http_message.answered: count what was rejected as lost, and say so once. */
void cti_otlp_spans_answered(void *arg, int status, const char *body, size_t size);
void cti_otlp_logs_answered(void *arg, int status, const char *body, size_t size);

#endif

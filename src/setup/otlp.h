/* OTLP as the environment asks for it: CTRACE_FORMAT=otlp or CTRACE_OUTPUT=http://…, and the
 * OTEL_EXPORTER_OTLP_* and OTEL_TRACES_SAMPLER variables of OpenTelemetry's specification. */
#ifndef CTI_SETUP_OTLP_H
#define CTI_SETUP_OTLP_H

#include "setup/settings.h"

/* Whether that format is asked for, or a URL as the output and no format. */
bool cti_wants_otlp(const cti_settings *settings);

/* Makes the sink. An http:// output is the base URL of both signals; without an output the
 * endpoints of the environment count; else it is JSON lines to the output. */
ctrace_status cti_choose_otlp(const cti_settings *settings, ctrace_subscriber **ret_sink);

/* Puts the sampler of the environment, if there is one, around the subscriber, which is taken over,
 * also on failure; NULL when there is no memory. */
ctrace_subscriber *cti_otlp_sampled(ctrace_subscriber *subscriber);

#endif

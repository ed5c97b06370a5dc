/* What happens to spans, told as events: CTRACE_SPAN_EVENTS_*. */
#ifndef CTI_SINKS_SPAN_EVENTS_H
#define CTI_SINKS_SPAN_EVENTS_H

#include "sinks/sink.h"

/* Fills in the callbacks that the bits ask for, and the room in each span that they need. */
void cti_span_events_install(ctrace_subscriber_ops *ops, unsigned span_events);

#endif

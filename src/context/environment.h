#ifndef CTI_CONTEXT_ENVIRONMENT_H
#define CTI_CONTEXT_ENVIRONMENT_H

#include "ctrace/trace.h"

/* Has the traces of this process continue that of `traceparent`, with what TRACESTATE says; NULL:
 * they begin here. Errors: CTRACE_EPARSE (they begin here), CTRACE_ENOMEM. */
ctrace_status cti_environment_join(const char *traceparent);

#endif

/* The environment as a carrier, from a process to its children. */
#include "context/environment.h"

#include <stdlib.h>
#include <string.h>

#include "context/tracestate.h"
#include "core/remote.h"
#include "core/status.h"

ctrace_status cti_environment_join(const char *traceparent) {
    ctrace_remote remote;
    if (traceparent == NULL) {
        cti_origin_set(NULL);
        return CTRACE_OK;
    }
    if (!ctrace_traceparent_parse(traceparent, strlen(traceparent), &remote)) {
        cti_origin_set(NULL);
        return CTRACE_EPARSE;
    }
    const char *tracestate = getenv("TRACESTATE");
    cti_tracestate state = CTI_TRACESTATE_INIT;
    if (tracestate != NULL) {
        cti_tracestate_add(&state, tracestate);
    }
    cti_tracestate_finish(&state, remote.tracestate);
    return cti_origin_set(&remote) ? CTRACE_OK : cti_fail(CTRACE_ENOMEM, "no memory for a trace");
}

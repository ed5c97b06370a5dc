#include "record/remote.h"

#include <string.h>

#include "base/big_endian.h"

enum { FIXED = 3 * 8 + 1 + CTI_RECORD_VALUE_FIXED + 1 }; /* all but the bytes of the tracestate */

size_t cti_put_remote_size(const ctrace_span *remote) {
    return remote == NULL ? 0 : FIXED + strlen(cti_remote_with(remote)->tracestate);
}

void cti_put_remote(cti_put *put, const ctrace_span *remote) {
    if (remote == NULL) {
        return;
    }
    const cti_remote *with = cti_remote_with(remote);
    const ctrace_value tracestate = {.as = {.string = with->tracestate},
                                     .size = (uint32_t)strlen(with->tracestate),
                                     .kind = CTRACE_VALUE_STRING};
    cti_put_word(put, remote->id);
    cti_put_word(put, remote->trace_id[0]);
    cti_put_word(put, remote->trace_id[1]);
    *put->at++ = with->flags;
    cti_put_value(put, &tracestate);
}

ctrace_span *cti_get_remote(cti_thread *self, cti_get *get) {
    uint64_t id, trace[2];
    ctrace_value tracestate;
    ctrace_remote remote;
    if (!cti_get_word(get, &id) || !cti_get_word(get, &trace[0]) || !cti_get_word(get, &trace[1]) ||
        !cti_get_byte(get, &remote.flags) || !cti_get_value(get, &tracestate) ||
        tracestate.kind != CTRACE_VALUE_STRING || tracestate.as.string == NULL ||
        tracestate.size >= sizeof remote.tracestate) {
        return NULL;
    }
    cti_big_endian_put(remote.span_id, id);
    cti_big_endian_put(remote.trace_id, trace[0]);
    cti_big_endian_put(remote.trace_id + 8, trace[1]);
    memcpy(remote.tracestate, tracestate.as.string, tracestate.size);
    remote.tracestate[tracestate.size] = '\0';
    return cti_remote_create(self, &remote, NULL);
}

/* Headers in and out. */
#include <string.h>

#include "context/baggage_header.h"
#include "context/tracestate.h"
#include "core/remote.h"

typedef const char *header_getter(void *arg, const char *header, size_t i);

static bool is_space(char c) {
    return c == ' ' || c == '\t';
}

/* A second traceparent makes both invalid. White space around the value is not its part. */
static bool extract_parent(header_getter *get, void *arg, ctrace_remote *ret_remote) {
    const char *header = get(arg, "traceparent", 0);
    if (header == NULL) {
        return false;
    }
    while (is_space(*header)) {
        header++;
    }
    size_t size = strlen(header);
    while (size > 0 && is_space(header[size - 1])) {
        size--;
    }
    return ctrace_traceparent_parse(header, size, ret_remote) && get(arg, "traceparent", 1) == NULL;
}

static void extract_state(header_getter *get, void *arg, ctrace_remote *remote) {
    cti_tracestate state = CTI_TRACESTATE_INIT;
    const char *header;
    for (size_t i = 0; !state.invalid && (header = get(arg, "tracestate", i)) != NULL; i++) {
        cti_tracestate_add(&state, header);
    }
    cti_tracestate_finish(&state, remote->tracestate);
}

static void extract_baggage(header_getter *get, void *arg) {
    ctrace_buf list = CTI_BUF_INIT;
    uint32_t count = 0;
    const char *header;
    for (size_t i = 0; (header = get(arg, "baggage", i)) != NULL; i++) {
        cti_baggage_put_header(&list, &count, header);
    }
    const bool any = count != 0 && !list.failed;
    cti_baggage_set_here(&cti_self, any ? cti_baggage_new(&list, count) : NULL);
    cti_buf_release(&list);
}

bool ctrace_extract(header_getter *get, void *arg, ctrace_remote *ret_remote) {
    ctrace_remote remote;
    if (get == NULL || ret_remote == NULL) {
        return false;
    }
    extract_baggage(get, arg);
    if (!extract_parent(get, arg, &remote)) {
        return false; /* and a tracestate alone means nothing */
    }
    extract_state(get, arg, &remote);
    *ret_remote = remote;
    return true;
}

void ctrace_inject(void (*set)(void *arg, const char *header, const char *value), void *arg) {
    const ctrace_span *span = cti_span_or_origin(cti_self.scope->current);
    char parent[56];
    if (set == NULL) {
        return;
    }
    if (ctrace_span_traceparent(span, parent, sizeof parent) != 0) {
        set(arg, "traceparent", parent);
        const cti_remote *remote = cti_remote_of(span);
        if (remote != NULL && *remote->tracestate != '\0') {
            set(arg, "tracestate", remote->tracestate);
        }
    }
    const cti_baggage *baggage = cti_baggage_here(&cti_self);
    if (baggage != NULL) {
        set(arg, "baggage", baggage->header);
    }
}

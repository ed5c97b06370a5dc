#include "ctrace/context.h"

void serve(ctrace_context *context, const ctrace_remote *remote);

void serve(ctrace_context *context, const ctrace_remote *remote) {
    TRACE_ATTACH(context);
    TRACE_ATTACHED(context) {
        ctrace_span *bare = TRACE_SPAN_REMOTE(remote, "request");
        ctrace_span *span =
            TRACE_SPAN_REMOTE_AT(CTRACE_LEVEL_DEBUG, remote, "request", ("path", "/x"), ("n", 1));
        TRACE_IN(span) {
            ctrace_span_follows_remote(span, remote);
        }
        ctrace_span_unref(span);
        ctrace_span_unref(bare);
    }
}

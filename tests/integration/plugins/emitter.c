/* A plugin that traces: loaded and unloaded by the plugin test. */
#define TRACE_TARGET "plugin::emitter"
#include "ctrace/trace.h"

ctrace_span *plugin_emit(int i);

static int work(int i) {
    TRACE_FN(("i", i));
    TRACE_INFO("from the plugin", ("i", i), ("text", "the plugin's own"));
    TRACE_DEBUGF("formatted %d", i);
    TRACE_RETURN(i + 1);
}

ctrace_span *plugin_emit(int i) {
    TRACE_SPAN_AS(outer, "outer", ("text", TRACE_EMPTY));
    TRACE_RECORD(outer, ("text", "recorded"));
    work(i);
    return TRACE_SPAN_NEW("detached by the plugin", ("text", "kept"), ("i", i));
}

/* Every form of event. */
/* also: -O2 */
#include "ctrace/trace.h"

void levels(int port);
void levels(int port) {
    TRACE_TRACE("trace");
    TRACE_DEBUG("debug", ("port", port));
    TRACE_INFO("info", ("port", port), ("twice", port * 2));
    TRACE_WARN("warn");
    TRACE_ERROR("error", ("why", "because"));
    TRACE_EVENT(CTRACE_LEVEL_INFO, "message", ("port", port));
    TRACE_EVENT_DYN(port > 80 ? CTRACE_LEVEL_WARN : CTRACE_LEVEL_INFO, "message", ("port", port));
    TRACE_EVENT_DYN(port, "message");
}

void formatted(int done, size_t all);
void formatted(int done, size_t all) {
    TRACE_TRACEF("plain");
    TRACE_DEBUGF("%d", done);
    TRACE_INFOF("%d of %zu done", done, all);
    TRACE_WARNF("%s", "warned");
    TRACE_ERRORF("%5.1f %%", 12.5);
    TRACE_LOGF(CTRACE_LEVEL_INFO, "%d of %zu done", done, all);
}

void seldom(int tries);
void seldom(int tries) {
    TRACE_ONCE(CTRACE_LEVEL_WARN, "once");
    TRACE_EVERY(100, CTRACE_LEVEL_INFO, "every", ("tries", tries));
    TRACE_RATE(5, CTRACE_LEVEL_ERROR, "rate", ("tries", tries), ("of", 10));
}

/* An event is one statement, wherever a statement may stand. */
int in_statements(int n);
int in_statements(int n) {
    if (n > 3)
        TRACE_INFO("big", ("n", n));
    else
        TRACE_INFO("small", ("n", n));
    for (int i = 0; i < n; i++)
        TRACE_DEBUG("turn", ("i", i));
    switch (n) {
    case 1:
        TRACE_INFO("one");
        break;
    default:
        TRACE_INFO("other");
    }
    if (TRACE_ENABLED(CTRACE_LEVEL_DEBUG)) {
        TRACE_DEBUG("dear", ("n", n));
    }
    return n;
}

/* Thirty-two fields are the most. */
void many(int n);
void many(int n) {
    TRACE_INFO("many", ("a", n), ("b", n), ("c", n), ("d", n), ("e", n), ("f", n), ("g", n),
               ("h", n), ("i", n), ("j", n), ("k", n), ("l", n), ("m", n), ("n", n), ("o", n),
               ("p", n), ("q", n), ("r", n), ("s", n), ("t", n), ("u", n), ("v", n), ("w", n),
               ("x", n), ("y", n), ("z", n), ("A", n), ("B", n), ("C", n), ("D", n), ("E", n),
               ("F", n));
}

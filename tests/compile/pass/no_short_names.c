/* A program that owns the short names keeps them, and every macro has its longer twin. */
/* also: -O2 */
#define CTRACE_NO_SHORT_NAMES
#include "ctrace/trace.h"

#define TRACE_EVENT (1)
#define TRACE_INFO  (2)
#define TRACE_SPAN  (3)
#define TRACE_V     (4)
#define TRACE_FN    (5)

int twins(int n);
int twins(int n) {
    CTRACE_FN(("n", n));
    CTRACE_SPAN_AS(span, "span", ("status", CTRACE_EMPTY));
    CTRACE_RECORD(span, ("status", CTRACE_HEX(200)));
    CTRACE_INFO("info", ("n", n), CTRACE_V(n));
    CTRACE_EVENT(CTRACE_LEVEL_WARN, "event");
    CTRACE_INFOF("%d", n);
    CTRACE_ONCE(CTRACE_LEVEL_INFO, "once");
    CTRACE_BLOCK("block") {
        n += TRACE_EVENT + TRACE_INFO + TRACE_SPAN + TRACE_V + TRACE_FN;
    }
    CTRACE_RETURN(n);
}

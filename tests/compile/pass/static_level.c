/* What a file strips still type-checks, and leaves nothing unused behind. */
/* also: -O2 */
/* also: -DTRACE_TARGET="shop::db" */
#define TRACE_STATIC_LEVEL CTRACE_LEVEL_OFF
#include "ctrace/trace.h"

void stripped(int port);
void stripped(int port) {
    const int only_traced = port + 1;
    TRACE_SPAN("span", ("n", only_traced));
    TRACE_INFO("info", ("n", only_traced));
    TRACE_ERROR("error");
    TRACE_INFOF("%d", only_traced);
    TRACE_ONCE(CTRACE_LEVEL_WARN, "once", ("n", only_traced));
}

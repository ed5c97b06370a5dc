/* expect: CTRACE_LEVEL_INF */
#include "ctrace/trace.h"

void fails(void);
void fails(void) {
    TRACE_EVENT(CTRACE_LEVEL_INF, "no such level");
}

/* expect: request */
#include "ctrace/trace.h"

void fails(void);
void fails(void) {
    TRACE_RECORD(request, ("status", 200));
}

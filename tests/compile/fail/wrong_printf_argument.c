/* expect: format */
/* expect c++: format */
#include "ctrace/trace.h"

void fails(const char *text);
void fails(const char *text) {
    TRACE_INFOF("%d of them", text);
}

/* expect: ignoring return value */
/* expect c++: ignoring return value */
#include "ctrace/trace.h"

void fails(void);
void fails(void) {
    ctrace_replace_global((ctrace_subscriber *)0);
}

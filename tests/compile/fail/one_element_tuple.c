/* expect: ctrace: a field is a pair */
/* expect c++: ctrace: a field is a pair */
#include "ctrace/trace.h"

void fails(int n);
void fails(int n) {
    TRACE_INFO("a field is a key and a value", (n));
}

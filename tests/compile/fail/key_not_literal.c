/* expect: expected */
/* expect c++: expected */
#include "ctrace/trace.h"

void fails(const char *key, int n);
void fails(const char *key, int n) {
    TRACE_INFO("a key is written out", (key, n));
}

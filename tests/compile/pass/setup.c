/* Setting up: what may be ignored is ignored without a warning. */
/* also: -O2 */
#include "ctrace/trace.h"

int main(void) {
    ctrace_init();
    TRACE_INFO("hello", ("version", ctrace_version()));
    ctrace_flush(CTRACE_FOREVER);
    ctrace_shutdown(0);
    return 0;
}

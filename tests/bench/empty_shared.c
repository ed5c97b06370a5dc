/* A shared library of its own. */
#include "empty.h"

void bench_empty_shared(void) {}

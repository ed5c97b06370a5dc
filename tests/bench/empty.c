#include "empty.h"

void bench_empty(void) {}

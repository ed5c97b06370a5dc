/* Hours and days, numbered. */
#ifndef CTI_WRITE_PERIOD_H
#define CTI_WRITE_PERIOD_H

#include <stdbool.h>
#include <stdint.h>

/* The number of the hour or day (`interval`: CTRACE_ROLL_*) that `epoch_s` is in; 0 for NEVER. */
int64_t cti_period_of(int64_t epoch_s, int interval, bool local_time);

#endif

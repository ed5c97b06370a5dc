/* Counters of everything that was lost, repaired or misused. */
#ifndef CTI_CORE_STATS_H
#define CTI_CORE_STATS_H

#include <stdint.h>

/* In the order of struct ctrace_stats, which is an array of them. */
typedef enum cti_counter {
    CTI_EVENTS_LOST,
    CTI_SPANS_LOST,
    CTI_REENTRANT_EVENTS,
    CTI_UNDECLARED_FIELDS,
    CTI_SPANS_REPAIRED,
    CTI_WRITE_ERRORS,
    CTI_BYTES_LOST,
    CTI_VALUES_LOST,
    CTI_CALLSITES,
    CTI_THREADS,
    CTI_MEMORY_FAILURES,
    CTI_RECORDS_DROPPED,
    CTI_TRACES_FORGOTTEN,
    CTI_COUNTER_COUNT
} cti_counter;

/* Adds to a counter (negative to take back). Threads: any; async-signal-safe. */
void cti_count(cti_counter counter, int64_t more);

#endif

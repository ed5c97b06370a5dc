/* What a recording says, in numbers: for tests that count. */
#ifndef TEST_SUPPORT_RECORDED_H
#define TEST_SUPPORT_RECORDED_H

#include <stdbool.h>
#include <stdint.h>

#include "ctrace/subscriber.h"

typedef struct recorded {
    uint64_t events;     /* but for reports of losses */
    uint64_t lost;       /* by those */
    uint64_t threads;    /* changes of the thread from one event to the next */
    uint64_t disordered; /* events whose field "i" is not one more than that of the one before, on
                            the same "thread" (up to 64 of them) */
    bool backwards;      /* times fell somewhere */
} recorded;

/* Reads it all. What is damaged is said on standard error, and is the status. */
ctrace_status recorded_read(const char *path, recorded *ret_seen);

#endif

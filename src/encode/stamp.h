/* The time of a moment, as a sink was told to write it. */
#ifndef CTI_ENCODE_STAMP_H
#define CTI_ENCODE_STAMP_H

#include "base/calendar.h"
#include "ctrace/sinks.h"
#include "ctrace/subscriber.h"

enum { CTI_STAMP_MAX = CTI_TIME_TEXT_MAX + 2 }; /* longer than the longest uptime, and its unit */

typedef struct cti_stamp {
    int time;          /* CTRACE_TIME_* */
    uint64_t begun_ns; /* uptime counts from there */
} cti_stamp;

/* `time` must be one of CTRACE_TIME_*. Uptime begins now. */
cti_stamp cti_stamp_make(int time);

/* "2026-11-22T20:28:00.123456Z", or the uptime as "1.234567". Returns the bytes written; none for
 * CTRACE_TIME_NONE. */
size_t cti_stamp_text(char out[CTI_STAMP_MAX], const cti_stamp *stamp, const ctrace_moment *moment);

#endif

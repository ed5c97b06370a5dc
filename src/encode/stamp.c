#include "encode/stamp.h"

#include "base/clock.h"
#include "base/number.h"
#include "base/ticks.h"

enum { NS_PER_S = 1000000000 };

cti_stamp cti_stamp_make(int time) {
    cti_ticks_prepare();
    return (cti_stamp){time, cti_clock_monotonic_ns()};
}

/* What is read back from a recording may have happened before the sink was made. */
static size_t put_uptime(char *out, const cti_stamp *stamp, const ctrace_moment *moment) {
    const uint64_t now = ctrace_moment_monotonic_ns(moment);
    const uint64_t up = now > stamp->begun_ns ? now - stamp->begun_ns : 0;
    const size_t size = cti_u64_text(out, up / NS_PER_S);
    out[size] = '.';
    cti_digits(out + size + 1, up % NS_PER_S / 1000, 6);
    return size + 7;
}

size_t cti_stamp_text(char out[CTI_STAMP_MAX], const cti_stamp *stamp,
                      const ctrace_moment *moment) {
    if (stamp->time == CTRACE_TIME_NONE) {
        return 0;
    }
    if (stamp->time == CTRACE_TIME_UPTIME) {
        return put_uptime(out, stamp, moment);
    }
    const uint64_t now = ctrace_moment_time_ns(moment);
    const bool utc = stamp->time == CTRACE_TIME_UTC;
    const int32_t offset_s = utc ? 0 : cti_local_offset((int64_t)(now / NS_PER_S));
    return cti_time_text(out, now, offset_s, utc);
}

#include "write/period.h"

#include "base/calendar.h"
#include "ctrace/writer.h"

enum { HOUR_S = 3600, DAY_S = 24 * HOUR_S };

static int64_t floor_div(int64_t value, int64_t by) {
    return value / by - (value % by < 0);
}

int64_t cti_period_of(int64_t epoch_s, int interval, bool local_time) {
    const int64_t offset = local_time ? cti_local_offset(epoch_s) : 0;
    switch (interval) {
    case CTRACE_ROLL_HOURLY:
        /* Of the offset only what moves the start of an hour: the hour that comes twice when
         * daylight saving ends is two hours. */
        return floor_div(epoch_s + offset % HOUR_S, HOUR_S);
    case CTRACE_ROLL_DAILY:
        return floor_div(epoch_s + offset, DAY_S);
    default:
        return 0;
    }
}

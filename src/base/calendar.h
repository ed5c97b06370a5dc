/* Civil time: seconds since the Unix epoch to date and clock, in UTC or with an offset. */
#ifndef CTI_BASE_CALENDAR_H
#define CTI_BASE_CALENDAR_H

#include <stddef.h>
#include <stdint.h>

enum { CTI_TIME_TEXT_MAX = 32 }; /* 2026-11-22T20:28:00.123456+01:00 */

/* RFC 3339 with microseconds: "2026-11-22T20:28:00.123456Z"; an offset_s other than that of UTC
 * is added to the time and written as "+01:00". `utc` chooses between "Z" and "+00:00". Years 1970 to 9999.
 * The part up to the second is cached per thread, so that calling it for near times costs little. */
size_t cti_time_text(char out[CTI_TIME_TEXT_MAX], uint64_t epoch_ns, int32_t offset_s, int utc);

/* The local offset from UTC, in seconds, at `epoch_s`; asked of the C library at most once for each
 * quarter of an hour and cached (daylight saving changes on quarter hours). Threads: any. */
int32_t cti_local_offset(int64_t epoch_s);

#endif

/* Civil time: seconds since the Unix epoch to date and clock, in UTC or with an offset. */
#ifndef CTI_BASE_CALENDAR_H
#define CTI_BASE_CALENDAR_H

#include <stddef.h>
#include <stdint.h>

enum { CTI_TIME_TEXT_MAX = 32 }; /* 2026-11-22T20:28:00.123456+01:00 */

/* RFC 3339 with microseconds. With `utc` "2026-11-22T20:28:00.123456Z", offset_s unused; else the
 * time of a clock that is offset_s (less than a day) ahead, its whole minutes written as "+01:00".
 * Writes no NUL; returns the bytes written.
 *
 * The part up to the second is cached per thread: the same second again costs little. Every
 * uint64_t of nanoseconds is fine (to the year 2554).
 *
 * Threads: any; not async-signal-safe. */
size_t cti_time_text(char out[CTI_TIME_TEXT_MAX], uint64_t epoch_ns, int32_t offset_s, int utc);

/* The local offset from UTC, in seconds, at `epoch_s`; asked of the C library about once for each
 * quarter of an hour and cached (daylight saving changes on quarter hours). Takes no lock of ours.
 *
 * Threads: any; not async-signal-safe. */
int32_t cti_local_offset(int64_t epoch_s);

#endif

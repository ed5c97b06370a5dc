#include "base/calendar.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "base/number.h"
#include "base/tls.h"

enum {
    MINUTE = 60,
    HOUR = 60 * MINUTE,
    QUARTER = 15 * MINUTE,
    DAY = 24 * HOUR,
    SECOND_TEXT = 19,           /* 2026-11-22T20:28:00 */
    DAYS_OF_400_YEARS = 146097, /* after which the calendar repeats itself */
    EPOCH_DAY = 719468,         /* 1970-01-01, counted from 0000-03-01 */
    OFFSET_BIAS = 128,
};

typedef struct civil_date {
    int64_t year;
    unsigned month, day; /* from 1 */
} civil_date;

static int64_t divide_down(int64_t dividend, int64_t divisor) {
    return dividend / divisor - (dividend % divisor < 0);
}

/* Years are counted from March, so that the leap day is the last of its year; the months from March
 * on then have 31 30 31 30 31 days, twice, and the rest: (153 * month + 2) / 5 days go before one.
 * (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", 2013.) */
static civil_date date_of(int64_t days_since_1970) {
    int64_t days = days_since_1970 + EPOCH_DAY;
    int64_t era = divide_down(days, DAYS_OF_400_YEARS);
    unsigned day = (unsigned)(days - era * DAYS_OF_400_YEARS);
    unsigned year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    day -= 365 * year + year / 4 - year / 100;
    unsigned month = (5 * day + 2) / 153;
    bool next_year = month >= 10;
    return (civil_date){
        .year = era * 400 + year + next_year,
        .month = next_year ? month - 9 : month + 3,
        .day = day - (153 * month + 2) / 5 + 1,
    };
}

static int64_t days_until(civil_date date) {
    bool last_year = date.month <= 2;
    int64_t years = date.year - last_year;
    int64_t era = divide_down(years, 400);
    unsigned year = (unsigned)(years - era * 400);
    unsigned month = last_year ? date.month + 9 : date.month - 3;
    unsigned day = (153 * month + 2) / 5 + date.day - 1 + 365 * year + year / 4 - year / 100;
    return era * DAYS_OF_400_YEARS + day - EPOCH_DAY;
}

static void put_second(char out[SECOND_TEXT], int64_t second) {
    int64_t days = divide_down(second, DAY);
    unsigned clock = (unsigned)(second - days * DAY);
    civil_date date = date_of(days);
    memcpy(out, "0000-00-00T00:00:00", SECOND_TEXT);
    cti_digits(out, (uint64_t)date.year, 4);
    cti_digits(out + 5, date.month, 2);
    cti_digits(out + 8, date.day, 2);
    cti_digits(out + 11, clock / HOUR, 2);
    cti_digits(out + 14, clock / MINUTE % 60, 2);
    cti_digits(out + 17, clock % MINUTE, 2);
}

static size_t put_offset(char *out, int32_t offset_min) {
    unsigned minutes = (unsigned)(offset_min < 0 ? -offset_min : offset_min);
    out[0] = offset_min < 0 ? '-' : '+';
    cti_digits(out + 1, minutes / 60, 2);
    out[3] = ':';
    cti_digits(out + 4, minutes % 60, 2);
    return 6;
}

/* A second of which this thread has the text: most events share it with the one before. Zeroed it
 * is nobody's. */
typedef struct cached_second {
    uint64_t begin_ns; /* since the Unix epoch */
    int32_t offset;    /* biased: never 0 */
    char text[SECOND_TEXT + 1];
} cached_second;

static const int32_t NS_PER_S = 1000000000;

static void cache_second(cached_second *cached, uint64_t epoch_ns, int32_t offset_min) {
    const int64_t second = (int64_t)(epoch_ns / (uint64_t)NS_PER_S);
    cached->begin_ns = (uint64_t)second * (uint64_t)NS_PER_S;
    cached->offset = offset_min + DAY;
    put_second(cached->text, second + (int64_t)offset_min * MINUTE);
    cached->text[SECOND_TEXT] = '.';
}

size_t cti_time_text(char out[CTI_TIME_TEXT_MAX], uint64_t epoch_ns, int32_t offset_s, int utc) {
    static CTI_TLS cached_second cached;
    /* The text can tell whole minutes only; the time is shifted by what it tells. */
    const int32_t offset_min = utc ? 0 : offset_s / MINUTE;
    if (epoch_ns - cached.begin_ns >= (uint64_t)NS_PER_S || cached.offset != offset_min + DAY) {
        cache_second(&cached, epoch_ns, offset_min);
    }
    memcpy(out, cached.text, sizeof cached.text);
    cti_six_digits(out + SECOND_TEXT + 1, (uint32_t)(epoch_ns - cached.begin_ns) / 1000);
    const size_t size = SECOND_TEXT + 7;
    if (utc) {
        out[size] = 'Z';
        return size + 1;
    }
    return size + put_offset(out + size, offset_min);
}

/* How far the local clock is ahead, by the C library's fields and our own arithmetic: tm_gmtoff is
 * not everywhere. */
static int32_t ask_offset(int64_t epoch_s) {
    time_t when = (time_t)epoch_s;
    struct tm local;
    if ((int64_t)when != epoch_s || localtime_r(&when, &local) == NULL) {
        return 0;
    }
    civil_date today = {(int64_t)local.tm_year + 1900, (unsigned)local.tm_mon + 1,
                        (unsigned)local.tm_mday};
    int64_t clock = local.tm_hour * HOUR + local.tm_min * MINUTE + local.tm_sec;
    return (int32_t)(days_until(today) * DAY + clock - epoch_s);
}

/* Both in one word, so that a reader never has half of each, and in 32 bits, which every machine
 * loads and stores at once: 24 for the quarter (to the year 2448), 8 for the offset in quarters,
 * which is within a day. 0, which is no such word, for what does not fit. */
static uint32_t pack(int64_t quarter, int32_t offset_s) {
    if (quarter < 0 || quarter >= 1 << 24 || offset_s % QUARTER != 0) {
        return 0;
    }
    return (uint32_t)quarter << 8 | (uint32_t)(offset_s / QUARTER + OFFSET_BIAS);
}

int32_t cti_local_offset(int64_t epoch_s) {
    /* The word stands for itself, so relaxed will do. Threads that race ask twice, and agree. */
    static _Atomic uint32_t cache;
    int64_t quarter = divide_down(epoch_s, QUARTER);
    uint32_t cached = atomic_load_explicit(&cache, memory_order_relaxed);
    if (cached == 0) {
        tzset(); /* localtime_r() need not look at TZ by itself */
    } else if (cached >> 8 == quarter) {
        return ((int32_t)(cached & 0xff) - OFFSET_BIAS) * QUARTER;
    }
    int32_t offset_s = ask_offset(epoch_s);
    uint32_t packed = pack(quarter, offset_s);
    if (packed != 0) {
        atomic_store_explicit(&cache, packed, memory_order_relaxed);
    }
    return offset_s;
}

#include "write/http_date.h"

#include <string.h>

typedef struct date {
    int64_t year;
    int64_t month; /* from 1 */
    int64_t day;
    int64_t second; /* of the day */
} date;

/* ---- Pieces: each moves on behind what it took, or says no ---- */

static bool take(const char **at, char c) {
    if (**at != c) {
        return false;
    }
    (*at)++;
    return true;
}

static bool take_number(const char **at, unsigned digits, int64_t *ret_number) {
    int64_t number = 0;
    for (unsigned i = 0; i < digits; i++, (*at)++) {
        if (**at < '0' || **at > '9') {
            return false;
        }
        number = number * 10 + (**at - '0');
    }
    *ret_number = number;
    return true;
}

static bool take_month(const char **at, int64_t *ret_month) {
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (int64_t i = 0; i < 12; i++) {
        if (strncmp(*at, months + 3 * i, 3) == 0) {
            *at += 3;
            *ret_month = i + 1;
            return true;
        }
    }
    return false;
}

static bool take_clock(const char **at, int64_t *ret_second) {
    int64_t hour, minute, second;
    const bool taken = take_number(at, 2, &hour) && take(at, ':') && take_number(at, 2, &minute) &&
                       take(at, ':') && take_number(at, 2, &second);
    if (!taken || hour > 23 || minute > 59 || second > 60) { /* 60: a leap second */
        return false;
    }
    *ret_second = (hour * 60 + minute) * 60 + second;
    return true;
}

/* Two digits are a year between 1970 and 2069. */
static bool take_year(const char **at, int64_t *ret_year) {
    const char *begin = *at;
    if (take_number(at, 4, ret_year)) {
        return true;
    }
    *at = begin;
    if (!take_number(at, 2, ret_year)) {
        return false;
    }
    *ret_year += *ret_year < 70 ? 2000 : 1900;
    return true;
}

/* ---- The three forms, from behind the day of the week ---- */

/* " 06 Nov 1994 08:49:37 GMT", and with separator '-' " 06-Nov-94 08:49:37 GMT". */
static bool read_day_first(const char *at, char separator, date *ret_date) {
    return take(&at, ' ') && take_number(&at, 2, &ret_date->day) && take(&at, separator) &&
           take_month(&at, &ret_date->month) && take(&at, separator) &&
           take_year(&at, &ret_date->year) && take(&at, ' ') &&
           take_clock(&at, &ret_date->second) && strcmp(at, " GMT") == 0;
}

/* " Nov  6 08:49:37 1994", as asctime() writes it. */
static bool read_month_first(const char *at, date *ret_date) {
    if (!take(&at, ' ') || !take_month(&at, &ret_date->month) || !take(&at, ' ')) {
        return false;
    }
    const unsigned digits = take(&at, ' ') ? 1 : 2;
    return take_number(&at, digits, &ret_date->day) && take(&at, ' ') &&
           take_clock(&at, &ret_date->second) && take(&at, ' ') &&
           take_number(&at, 4, &ret_date->year) && *at == '\0';
}

static bool read_date(const char *text, date *ret_date) {
    const char *at = text + strcspn(text, ", ");
    if (*at != ',') {
        return read_month_first(at, ret_date);
    }
    return read_day_first(at + 1, ' ', ret_date) || read_day_first(at + 1, '-', ret_date);
}

/* Days since 1970-01-01, in years that begin with March. */
static int64_t days_until(const date *at) {
    const int64_t year = at->year - (at->month <= 2 ? 1 : 0);
    const int64_t month = at->month + (at->month <= 2 ? 9 : -3);
    const int64_t in_years = year * 365 + year / 4 - year / 100 + year / 400;
    return in_years + (month * 153 + 2) / 5 + at->day - 1 - 719468;
}

bool cti_http_date_parse(const char *text, int64_t *ret_s) {
    date found;
    if (!read_date(text, &found) || found.year < 1601 || found.day < 1 || found.day > 31) {
        return false;
    }
    *ret_s = days_until(&found) * 86400 + found.second;
    return true;
}
